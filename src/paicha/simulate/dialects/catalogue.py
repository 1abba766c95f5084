"""All dialects by name, and what typical miners of each coin look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from paicha.simulate.dialects.bitcoin import STRATUM_V1
from paicha.simulate.dialects.cryptonote import CRYPTONOTE
from paicha.simulate.dialects.cycles import CUCKOO, GRIN
from paicha.simulate.dialects.equihash import BEAM, ZCASH
from paicha.simulate.dialects.ethereum import ETHEREUM_STRATUM_1, ETHEREUM_STRATUM_2, ETHPROXY, KAWPOW
from paicha.simulate.dialects.http import CHIA, GETBLOCKTEMPLATE, GETWORK
from paicha.simulate.dialects.second import STRATUM_V2
from paicha.simulate.dialects.younger import ALEPHIUM, ERGO, IRONFISH, KASPA

if TYPE_CHECKING:
    from paicha.simulate.dialects.contract import Dialect

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        STRATUM_V1, ETHEREUM_STRATUM_1, ETHEREUM_STRATUM_2, ETHPROXY, CRYPTONOTE, ZCASH, KAWPOW, KASPA, GRIN, IRONFISH,
        ALEPHIUM, ERGO, BEAM, CUCKOO, GETWORK, GETBLOCKTEMPLATE, CHIA, STRATUM_V2,
    )
}  # fmt: skip
"""Every dialect that can be simulated, by the name it has in results."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A typical miner of a coin: its dialect, algorithm, program, pool's port and hash rate (in the dialect's unit)."""

    name: str
    dialect: str
    coin: str
    algorithm: str
    software: str | None
    port: int
    hash_rate: float
    wallet: str
    share_interval_s: float = 10.0
    job_interval_s: float = 30.0
    transport: str = "tcp"
    is_spaced: bool = False
    options: tuple[str, ...] = ()


XMRIG = "XMRig/6.21.0 (Linux x86_64) libuv/1.44.2 gcc/11.4.0"

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            "bitcoin-asic", "stratum-v1", "BTC", "sha256d", "cgminer/4.11.1", 3333, 1.0e14, "BTC",
            options=("version-rolling", "suggest-difficulty", "extranonce"),
        ),
        Profile(
            "bitcoin-old", "stratum-v1", "BTC", "sha256d", "bfgminer/5.5.0", 3334, 1.2e12, "BTC-legacy", is_spaced=True,
        ),
        Profile("litecoin", "stratum-v1", "LTC", "scrypt", "cgminer/4.10.0", 3335, 9.5e9, "LTC"),
        Profile("dogecoin", "stratum-v1", "DOGE", "scrypt", "bfgminer/5.4.2", 3336, 2.0e9, "DOGE"),
        Profile(
            "nicehash-etchash", "ethereumstratum-1", "ETC", "etchash", "ethminer/0.19.0", 4444, 6.0e7, "ETC",
            30.0, 13.0,
        ),
        Profile("etchash-2", "ethereumstratum-2", "ETC", "etchash", "ethminer-0.17", 4445, 6.0e7, "ETC", 30.0, 13.0),
        Profile(
            "ethproxy", "ethproxy", "ETC", "etchash", None, 9999, 6.0e7, "ETC", 30.0, 13.0, is_spaced=True,
        ),
        Profile("cortex", "ethproxy", "CTXC", "cuckoocycle", None, 8008, 12.0, "CTXC", 30.0, 15.0),
        Profile("sero", "ethproxy", "SERO", "progpow", None, 8808, 2.0e7, "SERO", 30.0, 15.0),
        Profile("monero", "cryptonote", "XMR", "randomx", XMRIG, 13531, 1500.0, "XMR", 15.0, 60.0),
        Profile(
            "monero-wide", "cryptonote", "XMR", "randomx", XMRIG, 10128, 9000.0, "XMR-sub", 15.0, 60.0,
            options=("wide-target", "rigid"),
        ),
        Profile("browser", "cryptonote", "XMR", "randomx", None, 3333, 60.0, "XMR", 20.0, 20.0, options=("bare",)),
        Profile(
            "browser-websocket", "cryptonote", "XMR", "randomx", None, 8080, 60.0, "XMR", 20.0, 20.0, "ws",
            options=("bare",),
        ),
        Profile("zcash", "zcash", "ZEC", "equihash-200-9", "EWBF 0.3.4b", 3333, 600.0, "ZEC", 20.0, 60.0),
        Profile("ravencoin", "kawpow", "RVN", "kawpow", "kawpowminer/1.2.4", 6060, 2.5e7, "RVN", 20.0, 30.0),
        Profile("kaspa", "kaspa", "KAS", "kheavyhash", "lolMiner 1.76a", 5555, 1.2e9, "KAS", 10.0, 1.5),
        Profile("grin", "grin", "GRIN", "cuckatoo32", "lolMiner 1.31", 3416, 12.0, "GRIN", 30.0, 30.0),
        Profile("ironfish", "ironfish", "IRON", "fishhash", "bzminer/v21.0.3", 9034, 3.0e7, "IRON", 20.0, 20.0),
        Profile("alephium", "alephium", "ALPH", "blake3-alephium", "bzminer/v15.4.1", 20032, 2.0e9, "ALPH", 15.0, 8.0),
        Profile("ergo", "ergo", "ERG", "autolykos2", "lolMiner 1.48", 3052, 1.6e8, "ERG", 20.0, 40.0),
        Profile("beam", "beam", "BEAM", "beamhash3", None, 5252, 25.0, "BEAM", 20.0, 40.0),
        Profile("aeternity", "cuckoo", "AE", "cuckoocycle", "bminer/16.4.11", 4040, 6.0, "AE", 30.0, 40.0),
        Profile("getwork", "getwork", "BTC", "sha256d", "cgminer/2.11.4", 8332, 6.0e8, "BTC-legacy", 8.0, 60.0),
        Profile(
            "getwork-waiting", "getwork", "BTC", "sha256d", "cpuminer/2.5.1", 8332, 6.0e8, "BTC-legacy", 8.0, 60.0,
            options=("long-poll",),
        ),
        Profile(
            "solo", "getblocktemplate", "BTC", "sha256d", "cpuminer/2.5.1", 8332, 5.0e8, "BTC", 900.0, 60.0,
            options=("long-poll",),
        ),
        Profile("chia", "chia", "XCH", "chia-pospace", "Chia Blockchain v.1.8.2", 8080, 0.02, "XCH", 60.0, 3600.0),
        Profile("stratum-v2", "stratum-v2", "BTC", "sha256d", None, 34254, 1.0e14, "BTC"),
    )
}  # fmt: skip
"""Typical miners by name; at least one for every dialect."""
