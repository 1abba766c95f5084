"""The public lists beside the project, their counts found again by other means."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from paicha.packs.traffic.indicators.curated import curated_indicators
from paicha.packs.traffic.indicators.export import export_blocklist
from paicha.packs.traffic.indicators.importing import import_indicators
from paicha.packs.traffic.indicators.merging import merge_indicators

pytestmark = pytest.mark.shared
SHARED = Path(os.environ.get("PAICHA_SHARED", Path(__file__).resolve().parents[4].parent / "shared"))
LISTS = SHARED / "indicators"

if not LISTS.exists():
    pytest.skip("the public lists are not beside the project", allow_module_level=True)


def list_lines(name: str) -> list[str]:
    lines = (LISTS / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_mining_pool_domain_intel():
    path = LISTS / "adamyoung71_mining_pool_domains.csv"
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    local = [r for r in rows if r["domain"] in {"127.0.0.1", "0.0.0.0"}]
    result = import_indicators(path)
    assert result.format == "mining-pool-domain-intel"
    assert (result.accepted, len(result.rejected)) == (len(rows) - len(local), len(local)) == (1224, 6)
    assert result.table.num_rows == len({(r["domain"], r["port"]) for r in rows if r not in local}) == 1164
    confirmed = {(r["domain"], int(r["port"])) for r in rows if r["confidence"] == "confirmed"}
    sure = {(r["value"], r["port"]) for r in result.table.to_pylist() if r["confidence"] == 0.9}
    assert sure == confirmed
    shared = [r["value"] for r in result.table.to_pylist() if r["is_shared_hosting"]]
    assert shared == ["vbk-reb0rn.ddns.net"]


def test_maltrail():
    result = import_indicators(LISTS / "maltrail_crypto_mining.txt")
    lines = list_lines("maltrail_crypto_mining.txt")
    assert result.format == "maltrail"
    assert (result.accepted, len(result.rejected)) == (len(lines), 0) == (1185, 0)
    distinct = {line.removeprefix("http://").lower() for line in lines}
    assert result.table.num_rows == len(distinct) == 1121
    with_port = {line for line in distinct if ":" in line}
    assert sum(port is not None for port in result.table.column("port").to_pylist()) == len(with_port)


def test_nocoin():
    result = import_indicators(LISTS / "nocoin_hosts.txt")
    names = {line.split()[1] for line in list_lines("nocoin_hosts.txt")}
    assert (result.format, result.accepted, len(result.rejected)) == ("hosts", 313, 0)
    assert set(result.table.column("value").to_pylist()) == names
    assert set(result.table.column("purpose").to_pylist()) == {"browser-mining"}


def test_mempool_pools():
    path = LISTS / "mempool_pools_v2.json"
    pools = json.loads(path.read_text(encoding="utf-8"))
    records = sum(len(pool["addresses"]) + bool(pool["link"]) for pool in pools)
    result = import_indicators(path)
    assert result.format == "mempool pools"
    assert result.accepted + len(result.rejected) == records == 376
    # every refused record is a link to a site that everyone uses
    assert {r.reason.split()[0] for r in result.rejected} == {"bitcointalk.org", "github.com", "twitter.com", "x.com"}
    wallets = {address for pool in pools for address in pool["addresses"]}
    assert {r["value"] for r in result.table.to_pylist() if r["kind"] == "wallet"} == wallets
    assert {r["purpose"] for r in result.table.to_pylist() if r["kind"] != "wallet"} == {"website"}


@pytest.mark.parametrize(("name", "count", "refused"), [("ETH", 152, 0), ("XBT", 435, 0), ("XMR", 2, 1)])
def test_lists_of_sanctioned_wallets(name: str, count: int, refused: int):
    result = import_indicators(LISTS / f"ofac_{name}.txt")
    assert (result.format, result.accepted, len(result.rejected)) == ("wallets", count, refused)
    assert count + refused == len(list_lines(f"ofac_{name}.txt"))
    assert set(result.table.column("purpose").to_pylist()) == {"sanctioned"}


def test_all_lists_merge_into_one_table_whose_block_list_is_clean():
    names = (
        "adamyoung71_mining_pool_domains.csv",
        "maltrail_crypto_mining.txt",
        "nocoin_hosts.txt",
        "mempool_pools_v2.json",
    )
    tables = [curated_indicators(), *(import_indicators(LISTS / name).table for name in names)]
    merged = merge_indicators(tables)
    rows = merged.to_pylist()
    keys = {(r["kind"], r["value"], r["port"]) for table in tables for r in table.to_pylist()}
    assert len(rows) == len(keys)
    shared = {r["value"] for r in rows if r["is_shared_hosting"]}
    lines = list(export_blocklist(merged))
    assert len(lines) > 2000
    assert not shared & {line.rsplit(":", 1)[0].strip("[]") for line in lines}
    assert not shared & set(lines)
