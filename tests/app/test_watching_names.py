import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.app.sensor_names import find_base, is_never_finished, read_name

NOON = 1_636_545_600_000_000  # 2021-11-10T12:00:00Z


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("exit.pcap", "exit.pcap1"),
        ("exit.pcap9", "exit.pcap10"),
        ("exit.pcap1.gz", "exit.pcap2"),
        ("exit-2021-11-10_12-00-00.pcap", "exit-2021-11-10_12-05-00.pcap"),
        ("exit-20211110120000.pcap2", "exit-20211110130000.pcap"),
        ("1636545600.pcap", "1636545660.pcap"),
        ("ring_00007_20211110120000.pcapng", "ring_00008_20211110120500.pcapng"),
        ("exit-099.pcap", "exit-100.pcap"),
        ("nfcapd.202111101200", "nfcapd.202111101205"),
        ("conn.2021-11-10-00-00-00-01-00-00.log.gz", "conn.2021-11-10-01-00-00-02-00-00.log"),
        ("conn-21-11-10_00.00.00.log", "conn-21-11-10_01.00.00.log"),
        ("eve-2021-11-10-00:00.json", "eve-2021-11-11-00:00.json"),
    ],
)
def test_rotated_files_are_a_series_in_order(older, newer):
    first, second = read_name(older), read_name(newer)
    assert first.series == second.series
    assert first.series is not None
    assert first.position < second.position


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sensor1.pcap", "sensor2.pcap"),
        ("sensor1-20211110120000.pcap", "sensor2-20211110120000.pcap"),
        ("conn.2021-11-10-00-00-00.log", "ssl.2021-11-10-01-00-00.log"),
        ("eve.json", "eve.json.1"),
        ("conn.log", "conn.log"),
    ],
)
def test_other_files_are_none(one, other):
    series = read_name(one).series
    assert series is None or series != read_name(other).series


@pytest.mark.parametrize(
    ("name", "directory", "time"),
    [
        ("exit-20211110120000.pcap", "", NOON),
        ("nfcapd.202111101200", "", NOON),
        ("conn.2021-11-10-12-00-00-13-00-00.log.gz", "", NOON),
        ("conn.12:00:00-13:00:00.log.gz", "/logs/2021-11-10", NOON),
        ("1636545600.pcap", "", NOON),
        ("exit-99999999.pcap", "", None),
        ("exit.pcap", "", None),
    ],
)
def test_times_stand_in_names(name, directory, time):
    assert read_name(name, directory).time == time


@pytest.mark.parametrize(
    "name",
    ["nfcapd.current", "nfcapd.current.4711", ".exit.pcap.X9f2", "exit.pcap.partial", "conn.log.tmp", "exit.pcap~"],
)
def test_what_is_still_written_is_never_finished(name):
    assert is_never_finished(name)


def test_only_nfcapds_own_names_are_whole():
    assert read_name("nfcapd.202111101200").is_whole
    assert not read_name("nfcapd.202111101200.gz").is_whole
    assert not read_name("exit-20211110120000.pcap").is_whole


def test_a_rotated_log_is_known_by_the_log_that_is_written():
    assert find_base("conn.2021-11-10-00-00-00.log.gz") == find_base("conn-21-11-10_00.00.00.log") == "conn"
    assert find_base("known_hosts.log") == "known_hosts"
    assert find_base("eve.json.2.gz") == find_base("eve.json") == "eve"


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_name_can_be_read(name, directory):
    read_name(name, directory)
    find_base(name)
    is_never_finished(name)
