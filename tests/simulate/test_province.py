import csv
import hashlib
import ipaddress
import json

import pytest

from paicha.simulate.population import POOLS, UNITS
from paicha.simulate.province import write_province

ALLOWED = [
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    directory = tmp_path_factory.mktemp("province")
    return directory, write_province(directory, 1)


def test_it_writes_what_it_promises(province):
    directory, truth = province
    for name in ("captures/exit-000.pcap", "zeek/conn.log", "eve.json", "flows/exit.csv", "units.csv", "truth.json"):
        assert (directory / name).stat().st_size > 0
    assert sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) < 10_000_000
    document = json.loads((directory / "truth.json").read_text())
    assert len(document["sessions"]) == len(truth.sessions)
    assert document["hash_rate"] == truth.hash_rate


def test_only_addresses_and_names_that_nobody_has(province):
    directory, truth = province
    addresses = {flow.client for flow in truth.flows} | {flow.server for flow in truth.flows}
    assert all(any(ipaddress.ip_address(one) in network for network in ALLOWED) for one in addresses)
    assert all(name.endswith((".example", ".test")) for _, name in POOLS)
    listed = csv.DictReader((directory / "indicators.csv").open(encoding="utf-8-sig"))
    assert {row["domain"] for row in listed} == {name for _, name in POOLS}


def test_the_truth_agrees_with_itself(province):
    _, truth = province
    verdicts = {row.address: row.verdict for row in truth.addresses}
    for session in truth.sessions:
        assert verdicts[session.client] in {"mining", session.state}
        assert session.start_us < session.end_us
    assert set(verdicts.values()) == {
        "mining", "refused", "attempt", "names-only", "flow-only", "listed-only", "ordinary"
    }  # fmt: skip
    assert truth.counts["packets"] < 40_000
    assert sum(session.accepted for session in truth.sessions) == truth.counts["shares accepted"]


def test_hosts_lie_in_their_units_ranges(province):
    _, truth = province
    networks = {unit.name: [ipaddress.ip_network(span) for span in unit.ranges if "-" not in span] for unit in UNITS}
    for row in truth.addresses:
        if row.unit and networks[row.unit]:
            address = ipaddress.ip_address(row.address)
            assert any(address in network for network in networks[row.unit])


def test_the_seed_gives_the_same_bytes_and_sizes_grow(province, tmp_path):
    directory, truth = province

    def digest(root):
        return [hashlib.sha256(path.read_bytes()).digest() for path in sorted(root.rglob("*")) if path.is_file()]

    (tmp_path / "again").mkdir()
    write_province(tmp_path / "again", 1)
    assert digest(tmp_path / "again") == digest(directory)
    double = write_province(tmp_path / "double", 2, 2)
    assert len(double.sessions) == 2 * len(truth.sessions)
    with pytest.raises(ValueError, match="size"):
        write_province(tmp_path / "huge", 1, 9)
