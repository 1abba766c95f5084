from datetime import date

import pytest

from paicha.kernel.interval import Interval
from paicha.reference.algorithms import find_algorithm
from paicha.reference.files import read_document
from paicha.reference.hardware import find_efficiency, list_devices
from paicha.reference.networks import list_networks
from paicha.reference.wall import find_factors


def test_every_device_has_a_source_a_known_algorithm_and_figures_that_agree():
    for device in list_devices():
        assert device.source
        assert find_algorithm(device.algorithm).id == device.algorithm
        assert device.kind in {"asic", "gpu", "cpu"}
        assert find_factors("spread", device.basis)
        assert 2009 < device.year < 2030
        if device.rate_per_s and device.watts and device.joules_low is None and device.basis != "measured":
            assert device.joules == pytest.approx(device.watts / device.rate_per_s, rel=0.03)


def test_every_class_and_factor_says_why():
    for row in read_document("efficiencies.toml")["class"]:
        assert row["reason"]
        for name in row["algorithms"]:
            assert find_algorithm(name).id == name
            assert find_efficiency(name, date(2023, 1, 1)) is not None
    wall = read_document("wall.toml")
    for row in (wall["pue"], wall["psu"], *wall["host"].values(), *wall["spread"].values()):
        assert row["source"]
        assert row["values"] == sorted(row["values"])


def test_break_even_of_november_2021_is_the_published_one():
    btc, eth = list_networks()
    assert btc.find_break_even(0.6) == pytest.approx(159e-12, rel=0.01)
    assert btc.find_break_even(2.6) == pytest.approx(37e-12, rel=0.02)
    assert eth.find_break_even(0.6) == pytest.approx(36.6e-6, rel=0.01)


def test_a_surcharge_leaves_the_youngest_machines_only():
    free = find_efficiency("sha256d", date(2021, 11, 15))
    charged = find_efficiency("sha256d", date(2021, 11, 15), tariff_cny_per_kwh=2.6)
    assert len(charged.devices) < len(free.devices)
    assert charged.high < 40e-12
    assert charged.low <= charged.median <= charged.high
    assert all(2017 <= d.year <= 2021 for d in free.devices)


def test_asics_age_and_displaced_cards_go():
    assert {d.kind for d in find_efficiency("kheavyhash", date(2022, 6, 1)).devices} == {"gpu"}
    assert {d.kind for d in find_efficiency("kheavyhash", date(2025, 6, 1)).devices} == {"asic"}
    assert find_efficiency("RX/0", date(2022, 1, 1)).algorithm == "randomx"
    assert find_efficiency("nothing", date(2022, 1, 1)) is None
    assert find_efficiency("lbry", date(2022, 1, 1)) is None
    assert "no device known" in find_efficiency("kheavyhash", date(2015, 1, 1)).reason
    assert "no network figures" in find_efficiency("sha256d", date(2019, 1, 1), tariff_cny_per_kwh=0.6).reason


def test_units_are_known_to_intervals():
    assert Interval(1, 2, 3, find_algorithm("equihash").rate_unit, "equihash-200-9").unit == "Sol/s"
