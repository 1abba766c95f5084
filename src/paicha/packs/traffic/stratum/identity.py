"""Who a session is: dialect, coin, algorithm, logins and worker, from everything its messages spoke for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from paicha.reference.algorithms import Algorithm, find_algorithm, find_algorithm_of_coin, find_algorithms_of_coin
from paicha.reference.wallets import Login, classify_login

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.session import Session

FAMILIES: dict[str, tuple[str, ...]] = {
    "ethereumstratum-1": ("ethash", "progpow", "memehash"),
    "ethereumstratum-2": ("ethash",),
    "ethproxy": ("ethash", "progpow", "cuckoo"),
    "cryptonote": ("cryptonight", "dynex"),
    "zcash": ("equihash", "verushash"),
    "kawpow": ("progpow",),
    "kaspa": ("kheavyhash", "astrobwt"),
    "grin": ("cuckoo",),
    "ironfish": ("blake", "fishhash"),
    "alephium": ("blake",),
    "ergo": ("autolykos",),
    "beam": ("equihash",),
    "cuckoo": ("cuckoo",),
    "stratum-v1": (
        "sha256", "sha512", "scrypt", "verthash", "yespower", "ghostrider", "minotaurx", "x11", "lyra2", "skein",
        "groestl", "keccak", "blake", "eaglesong", "octopus", "nexapow", "xelishash", "janushash", "heavyhash", "lbry",
        "argon2", "curvehash",
    ),
}  # fmt: skip
"""Families of algorithms that speak each dialect."""

USUAL = {
    "ethereumstratum-1": "ethash",
    "ethereumstratum-2": "ethash",
    "ethproxy": "ethash",
    "kawpow": "kawpow",
    "kaspa": "kheavyhash",
    "grin": "cuckatoo32",
    "alephium": "blake3-alephium",
    "ergo": "autolykos2",
    "beam": "beamhash3",
    "cuckoo": "cuckoocycle",
    "ironfish": "fishhash",
}
"""The algorithm that a dialect means where nothing says otherwise."""

COINS = {"ergo": "ERG", "alephium": "ALPH", "ironfish": "IRON", "beam": "BEAM", "chia": "XCH", "grin": "GRIN"}
"""Dialects of one coin only."""

SOFTWARE = (("xmrig", "ghostrider"), ("cpuminer-gr", "ghostrider"), ("wildrig-rtm", "ghostrider"))
"""Programs that speak Stratum V1 for one algorithm only."""

FISHHASH_SINCE_US = 1_713_900_000_000_000
"""Block 503,338 of Iron Fish, 23 April 2024: blake3 before, FishHash from then on."""

BITCOIN_SINCE_US = 1_546_300_800_000_000
"""Since 2019 a job of Bitcoin shows itself by its network difficulty (compact target 0x17… and below)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a session is called by; the algorithm is the dialect's usual one unless the exchange shows it."""

    dialect: str
    algorithm: Algorithm | None
    is_algorithm_shown: bool
    coin: str | None
    logins: tuple[Login, ...]
    worker: str | None


def identify(session: Session) -> Identity:
    """Return the identity that most of the session's messages speak for."""
    dialect = max(session.dialects, key=lambda name: session.dialects[name], default="other")
    logins: dict[str, Login] = {}
    worker = None
    # a farmer whose payout address was not seen is known by its launcher
    for text, apart in (session.logins or {session.notes.get("launcher", ""): None}).items():
        if not text:
            continue
        login = classify_login(text)
        logins.setdefault(login.value, login)
        worker = worker or login.worker or apart
    coins = _list_coins(dialect, tuple(logins.values()))
    if coins == ("BTC",) and _is_paid_only(session):
        coins = ()
    shown = _find_algorithm(session, dialect, coins)
    algorithm = shown or find_algorithm(USUAL.get(dialect))
    return Identity(
        dialect, algorithm, shown is not None, _find_coin(session, dialect, algorithm, coins), tuple(logins.values()),
        worker or session.worker,
    )  # fmt: skip


def _list_coins(dialect: str, logins: tuple[Login, ...]) -> tuple[str, ...]:
    """Return the coins that the wallets allow and the dialect can mine."""
    families = FAMILIES.get(dialect)
    coins: dict[str, None] = {}
    for login in logins:
        if login.kind != "wallet" or login.valid is False:
            continue
        for coin in login.coins:
            found = find_algorithms_of_coin(coin)
            if families is None or any(algorithm.family in families for algorithm in found):
                coins[coin] = None
    return tuple(coins)


def _is_paid_only(session: Session) -> bool:
    """Whether a Bitcoin wallet says only what the pool pays in: the work handed out is not Bitcoin's."""
    return (
        session.first_work is not None
        and session.jobs > 0
        and (session.first_work >= BITCOIN_SINCE_US and "BTC" not in session.coins)
    )


def _find_algorithm(session: Session, dialect: str, coins: tuple[str, ...]) -> Algorithm | None:
    """Return the algorithm that the exchange shows; None where it is open."""
    if session.algorithms:
        named = max(session.algorithms, key=lambda name: session.algorithms[name])
        if (found := find_algorithm(named)) is not None:
            return found
    if dialect in {"chia", "stratum-v2"}:
        return None
    if dialect == "cryptonote" and "XMR" in coins and session.first_work is not None:
        return find_algorithm(date_monero(session.first_work))
    if len(coins) == 1 and (found := find_algorithm_of_coin(coins[0])) is not None:
        families = FAMILIES.get(dialect)
        if families is None or found.family in families:
            return found
    if dialect == "stratum-v1":
        software = (session.software or "").lower()
        named = next((name for sign, name in SOFTWARE if sign in software), "")
        return find_algorithm(named)
    if dialect == "ironfish" and session.first_work is not None and session.first_work < FISHHASH_SINCE_US:
        return find_algorithm("blake3-ironfish")
    return find_algorithm(USUAL[dialect]) if dialect in COINS and dialect in USUAL else None


def _find_coin(session: Session, dialect: str, algorithm: Algorithm | None, coins: tuple[str, ...]) -> str | None:
    if session.coins:
        return max(session.coins, key=lambda name: session.coins[name])
    if dialect in COINS:
        return COINS[dialect]
    if len(coins) == 1 and (algorithm is None or coins[0] in algorithm.coins or not algorithm.coins):
        return coins[0]
    return None


MONERO = (
    (1_523_016_000_000_000, "cn/0"),
    (1_539_820_800_000_000, "cn/1"),
    (1_552_089_600_000_000, "cn/2"),
    (1_575_072_000_000_000, "cn/r"),
)
"""Until when (6 April 2018, 18 October 2018, 9 March 2019, 30 November 2019) Monero was mined with what."""


def date_monero(time: int) -> str:
    """Return the id of the algorithm that Monero was mined with at a time."""
    return next((name for until, name in MONERO if time < until), "randomx")
