"""Every format of indicator lists, recognised by content and read record by record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from paicha.kernel.errors import InputError
from paicha.packs.traffic.indicators.importing import IndicatorImport, import_indicators
from paicha.packs.traffic.tables import INDICATORS

if TYPE_CHECKING:
    from pathlib import Path

XMR = "888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H"
ETH = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


def us(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000


def load(tmp_path: Path, content: str | bytes | dict[str, Any] | list[Any]) -> IndicatorImport:
    path = tmp_path / "list"
    if isinstance(content, dict | list):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = import_indicators(path)
    assert result.table.schema == INDICATORS.arrow
    return result


def hosts(result: IndicatorImport) -> set[tuple[str, str, int | None]]:
    return {(r["kind"], r["value"], r["port"]) for r in result.table.to_pylist()}


def test_maltrail(tmp_path: Path):
    result = load(
        tmp_path,
        "# Copyright Maltrail developers\n\n# Reference: https://a.example\n\n94.130.143.162:45700\nPool.Example.com\n"
        "94.130.143.163\nhttp://185.141.25.35\n10.0.0.1\nmooo.com\n",
    )
    assert (result.format, result.accepted) == ("maltrail", 4)
    assert hosts(result) == {
        ("address", "94.130.143.162", 45700), ("domain", "pool.example.com", None), ("address", "94.130.143.163", None),
        ("address", "185.141.25.35", None),
    }  # fmt: skip
    assert [(r.position, "private" in r.reason or "shared" in r.reason) for r in result.rejected] == [
        ("line 9", True), ("line 10", True),
    ]  # fmt: skip


def test_hosts_files(tmp_path: Path):
    result = load(
        tmp_path,
        "# NoCoin browser list\n127.0.0.1 localhost\n0.0.0.0 coinhive.com cnhv.co # both\n"
        "0.0.0.0 a.duckdns.org\n0.0.0.0 bad_\n",
    )
    assert (result.format, result.accepted, len(result.rejected)) == ("hosts", 3, 2)
    assert set(result.table.column("purpose").to_pylist()) == {"browser-mining"}
    shared = dict(zip(result.table["value"].to_pylist(), result.table["is_shared_hosting"].to_pylist(), strict=True))
    assert shared == {"coinhive.com": False, "cnhv.co": False, "a.duckdns.org": True}


def test_the_columns_of_mining_pool_domain_intel(tmp_path: Path):
    header = (
        "domain,port,scheme,pool_name,coin,algorithm,region,source_type,source_url,confidence,status,first_seen,"
        "last_seen,notes"
    )
    rows = [
        "erg.pool.example,8888,stratum+tcp,Pool,ERG,A,EU,official,u,confirmed,active,2026-04-17,2026-04-21,n",
        "erg.pool.example,8888,stratum+tcp,Pool,UNKNOWN,A,EU,official,u,candidate,unknown,2026-04-16,2026-04-20,n",
        "127.0.0.1,3333,stratum+tcp,Pool,UNKNOWN,A,EU,official,u,candidate,unknown,2026-04-16,2026-04-20,n",
        "x.pool.example,99999,stratum+tcp,Pool,UNKNOWN,A,EU,official,u,candidate,unknown,2026-04-16,2026-04-20,n",
    ]
    result = load(tmp_path, "\n".join([header, *rows]))
    assert (result.format, result.accepted, len(result.rejected)) == ("mining-pool-domain-intel", 2, 2)
    (row,) = result.table.to_pylist()
    # one indicator of two rows: the best confidence, the widest span, both sources
    assert row["confidence"] == 0.9
    assert (row["coin"], row["pool"], row["port"]) == ("ERG", "Pool", 8888)
    assert (row["first_seen"], row["last_seen"]) == (us(2026, 4, 16), us(2026, 4, 21))
    assert row["source"] == "list line 2; list line 3"


def test_tables_with_headings_in_either_language(tmp_path: Path):
    result = load(
        tmp_path,
        "矿池域名;矿池IP;矿池端口;币种\npool.example;203.0.113.9;3333;BTC\n;203.0.113.10;;\n;;;\nbad;;x;\n".encode(
            "gb18030"
        ),
    )
    assert (result.format, result.accepted, len(result.rejected)) == ("CSV", 2, 1)
    assert hosts(result) == {
        ("domain", "pool.example", 3333), ("address", "203.0.113.9", 3333), ("address", "203.0.113.10", None),
    }  # fmt: skip


def test_pools_of_block_explorers(tmp_path: Path):
    payout = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    pool = {"name": "P", "addresses": [payout, payout[:-1] + "b"], "tags": [], "link": "https://www.pool.example/x"}
    result = load(tmp_path, [pool, {**pool, "addresses": [], "link": "https://twitter.com/p"}])
    assert (result.format, result.accepted, len(result.rejected)) == ("mempool pools", 2, 2)
    rows = {r["kind"]: r for r in result.table.to_pylist()}
    assert rows["domain"]["purpose"] == "website"
    assert (rows["wallet"]["purpose"], rows["wallet"]["coin"], rows["wallet"]["pool"]) == ("pool", "BTC", "P")


def test_lists_of_wallets(tmp_path: Path):
    result = load(tmp_path, f"{ETH}\n{XMR}\n{ETH.replace('aAeb', 'AAeb')}\nnot a wallet\n{ETH.lower()}\n")
    assert (result.format, result.accepted, len(result.rejected)) == ("wallets", 3, 2)
    assert hosts(result) == {("wallet", ETH.lower(), None), ("wallet", XMR, None)}
    assert set(result.table.column("purpose").to_pylist()) == {"sanctioned"}


def test_plain_lists(tmp_path: Path):
    result = load(tmp_path, f"! filter\n||pool.example^\n94.23.1.1:3333\n[2a00:1::1]:3333\n{XMR}\n%%%\n")
    assert (result.format, result.accepted, len(result.rejected)) == ("plain list", 4, 1)


def test_misp_events_attributes_and_objects(tmp_path: Path):
    attributes: list[Any] = [
        {
            "type": "domain",
            "value": "pool.example",
            "to_ids": True,
            "timestamp": "1600000000",
            "first_seen": "2020-01-01T00:00:00Z",
        },
        {"type": "ip-dst|port", "value": "94.23.1.1|3333", "to_ids": False},
        {"type": "domain|ip", "value": "a.pool.example|94.23.1.2", "to_ids": True},
        {"type": "hostname", "value": "gone.example", "deleted": True},
        {"type": "sha256", "value": "0" * 64},
        {"type": "ip-dst", "value": "192.168.1.1"},
        {"type": ["domain"], "value": {"x": 1}},
        "no attribute",
    ]
    objects = [{"name": "ip-port", "Attribute": [{"type": "ip-dst|port", "value": "2a00:1::1|4444", "to_ids": True}]}]
    event = {"Event": {"info": "XMRig botnet", "date": "2020-09-01", "Attribute": attributes, "Object": objects}}
    result = load(tmp_path, {"response": [event]})
    assert (result.format, result.accepted, len(result.rejected)) == ("MISP", 4, 4)
    assert hosts(result) == {
        ("domain", "pool.example", None), ("address", "94.23.1.1", 3333), ("domain", "a.pool.example", None),
        ("address", "94.23.1.2", None), ("address", "2a00:1::1", 4444),
    }  # fmt: skip
    row = next(r for r in result.table.to_pylist() if r["value"] == "pool.example")
    assert (row["first_seen"], row["last_seen"]) == (us(2020, 1, 1), 1_600_000_000_000_000)
    assert (row["purpose"], row["confidence"]) == ("malware", 0.7)
    assert load(tmp_path, event).accepted == 4
    assert load(tmp_path, {"response": {"Attribute": attributes}}).accepted == 3


def test_stix_bundles(tmp_path: Path):
    def indicator(pattern: object, **more: object) -> dict[str, object]:
        return {
            "type": "indicator",
            "pattern": pattern,
            "pattern_type": "stix",
            "valid_from": "2021-01-01T00:00:00Z",
        } | more

    objects = [
        indicator("[domain-name:value = 'Pool.Example']", confidence=85, modified="2022-01-01T00:00:00.000Z"),
        indicator("[ipv4-addr:value IN ('94.23.1.1', '94.23.1.2')]", valid_until="2021-06-01T00:00:00Z"),
        indicator("[network-traffic:dst_ref.value = '94.23.1.3' AND network-traffic:dst_port = 3333]"),
        indicator("[domain-name:value = 'x.example' AND file:name = 'a']"),
        indicator("[domain-name:value != 'x.example']"),
        indicator("[domain-name:value = 'y.example' OR file:name = 'a'] FOLLOWEDBY [url:value = 'http://z.example/p']"),
        indicator("alert tcp any any", pattern_type="snort"),
        indicator("[domain-name:value = 'r.example']", revoked=True),
        indicator(None),
        {"type": "malware", "name": "x"},
        7,
    ]
    result = load(tmp_path, {"type": "bundle", "id": "bundle--1", "objects": objects})
    assert (result.format, result.accepted, len(result.rejected)) == ("STIX 2.1", 4, 5)
    assert hosts(result) == {
        ("domain", "pool.example", None), ("address", "94.23.1.1", None), ("address", "94.23.1.2", None),
        ("address", "94.23.1.3", 3333), ("domain", "y.example", None), ("domain", "z.example", None),
    }  # fmt: skip
    rows = {r["value"]: r for r in result.table.to_pylist()}
    assert rows["pool.example"]["confidence"] == 0.85
    assert rows["pool.example"]["last_seen"] == us(2022, 1, 1)
    assert rows["pool.example"]["first_seen"] == us(2021, 1, 1)
    assert rows["94.23.1.1"]["last_seen"] == us(2021, 1, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0\1\2", b"\xff\xff", b"\n\n\n", b"[" * 200_000, b"{" * 5000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"type": "bundle"}', b'{"type": "bundle", "objects": []}', b"[1, 2, 3]", b"null", b"x" * 3_000_000,
        b'domain,port\n"' + b"y" * 500_000, b"domain,port\n,\n", b"all of this\nis prose\n", b'{"Event": 7}',
        b'{"response": 3}', b'[{"name": 1, "addresses": 2, "tags": 3, "link": 4}]', b"1" * 6000,
        b"[" + b"9" * 6000 + b"]", b"x.example\n" * 2_000_002, b'{"Event": {"date": ' + b"9" * 6000 + b"}}",
    ],
)  # fmt: skip
def test_hostile_files_give_one_clear_error(tmp_path: Path, content: bytes):
    path = tmp_path / "hostile.list"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        import_indicators(path)
    assert "hostile.list" in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_missing_file_is_an_input_error(tmp_path: Path):
    with pytest.raises(InputError):
        import_indicators(tmp_path / "none")
    with pytest.raises(InputError):
        import_indicators(tmp_path)
