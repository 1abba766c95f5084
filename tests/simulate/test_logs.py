import csv
import json
import random

import openpyxl
import pytest

from paicha.simulate.bystanders import ask_dns, browse_tls, fetch_http
from paicha.simulate.logs.eve import write_eve
from paicha.simulate.logs.lists import ReportRow, UnitRow, make_credit_code, write_report_list, write_units
from paicha.simulate.logs.netflow import LONG_HEADER, SHORT_HEADER, write_nfdump
from paicha.simulate.logs.zeek import FIELDS, name_connection, write_zeek_logs
from paicha.simulate.lookalikes import Place, chat_in_lines


@pytest.fixture
def flows():
    def place(name, seconds=60.0):
        return Place("10.0.0.7", "192.0.2.80", 10**15, random.Random(len(name)), seconds, name=name)

    held = [
        ask_dns(place("a.example"), "192.0.2.9"), ask_dns(place("bb.example")), browse_tls(place("ccc.example")),
        fetch_http(place("dddd.example")), chat_in_lines(place("eeeee.example", 1500.0)),
    ]  # fmt: skip
    return [one.flow for one in held]


def test_zeek_text_has_its_header_and_as_many_columns(tmp_path, flows):
    for path in write_zeek_logs(tmp_path, flows):
        lines = path.read_text().splitlines()
        assert lines[:4] == ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-"]
        assert lines[4] == f"#path\t{path.stem}"
        assert lines[6].split("\t")[1:] == [name for name, _ in FIELDS[path.stem]]
        assert lines[-1].startswith("#close")
        assert {len(line.split("\t")) for line in lines[8:-1]} == {len(FIELDS[path.stem])}
    conn = (tmp_path / "conn.log").read_text()
    assert all(name_connection(flow) in conn for flow in flows)
    assert "NXDOMAIN" in (tmp_path / "dns.log").read_text()
    assert "CN=ccc.example" in (tmp_path / "x509.log").read_text()


@pytest.mark.parametrize("form", ["json", "json-iso"])
def test_zeek_json_tells_the_same(tmp_path, flows, form):
    write_zeek_logs(tmp_path, flows, form=form, is_zeek_8=False)
    rows = [json.loads(line) for line in (tmp_path / "conn.log").read_text().splitlines()]
    assert [row["orig_bytes"] for row in rows] == [flow.payload_out for flow in flows]
    assert "ip_proto" not in rows[0]
    assert rows[0]["ts"] == (1e9 if form == "json" else "2001-09-09T01:46:40.000000Z")
    with pytest.raises(ValueError, match="form"):
        write_zeek_logs(tmp_path, flows, form="xml")


def test_eve_has_every_kind_in_order(tmp_path, flows):
    path = tmp_path / "eve.json"
    count = write_eve(path, flows)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == count
    assert {row["event_type"] for row in rows} == {"flow", "netflow", "dns", "tls", "http"}
    assert [row["timestamp"] for row in rows] == sorted(row["timestamp"] for row in rows)
    assert sum(row["event_type"] == "netflow" for row in rows) == 2 * len(flows)


@pytest.mark.parametrize(("version", "header"), [("1.6", LONG_HEADER), ("1.7", SHORT_HEADER)])
def test_nfdump_counts_every_packet_once(tmp_path, flows, version, header):
    path = tmp_path / "flows.csv"
    count = write_nfdump(path, flows, version=version)
    lines = path.read_text().splitlines()
    assert lines[0] == header
    names, rows = header.split(","), [line.split(",") for line in lines[1 : count + 1]]
    assert {len(row) for row in rows} == {len(names)}
    column = names.index("ipkt" if version == "1.6" else "packets")
    assert sum(int(row[column]) for row in rows) == sum(flow.packets_out + flow.packets_in for flow in flows)
    # the long conversation is exported in pieces
    assert count > 2 * len(flows)


def test_nfdump_sampling_thins_the_packets(tmp_path, flows):
    total = sum(flow.packets_out + flow.packets_in for flow in flows)
    write_nfdump(tmp_path / "a.csv", flows, version="1.7", sampling=10)
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert 0.03 * total < sum(int(row["packets"]) for row in rows) < 0.25 * total


def test_credit_codes_have_right_check_characters():
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for seed in range(50):
        code = make_credit_code(random.Random(seed), "320100")
        assert len(code) == 18
        # GB 32100: the weighted sum over all 18 characters is divisible by 31
        assert (
            sum(digits.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17])) % 31
            == (-digits.index(code[17])) % 31
        )


def test_lists_as_csv_and_workbook(tmp_path):
    rows = [ReportRow("10.1.1.1", None, 10**15, 10**15 + 1, "p.example", 3333, "流量特征", "上级", "1")]
    write_report_list(tmp_path / "a.csv", rows)
    write_report_list(tmp_path / "a.xlsx", rows)
    table = list(csv.reader((tmp_path / "a.csv").open(encoding="utf-8-sig")))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    book = [[str(cell if cell is not None else "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert table == book
    assert table[1][:4] == ["1", "10.1.1.1", "", "2001-09-09 09:46:40"]


def test_units_table(tmp_path):
    write_units(tmp_path / "u.csv", [UnitRow("单位", "x", "university", "", "320100", "", "", cidr="10.0.0.0/8")])
    (row,) = csv.DictReader((tmp_path / "u.csv").open(encoding="utf-8-sig"))
    assert (row["unit"], row["cidr"], row["nat"]) == ("单位", "10.0.0.0/8", "否")
