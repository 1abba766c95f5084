from datetime import date

import pytest

from paicha.kernel.errors import InputError
from paicha.kernel.interval import Interval
from paicha.reference.networks import (
    estimate_revenue,
    find_network,
    find_network_of_algorithm,
    list_networks,
    read_networks,
)

HEADER = "date,coin,algorithm,rate_per_s,issued_per_day,fees_per_day,price,currency,cny_per_unit,source\n"


def test_every_row_has_a_source():
    assert all(network.source for network in list_networks())


def test_one_petahash_earned_358_dollars_in_november_2021():
    btc = find_network("btc", date(2021, 11, 20))
    cny = estimate_revenue(Interval(1e15, 1e15, 1e15, "H/s", "sha256d"), btc)
    assert cny.high == pytest.approx(358 * 6.38, rel=0.005)
    assert cny.low < cny.best < cny.high


def test_revenue_is_of_the_networks_own_algorithm():
    with pytest.raises(ValueError, match="sha256d"):
        estimate_revenue(Interval(1, 1, 1, "H/s", "ethash"), find_network("BTC", date(2021, 11, 15)))


def test_figures_of_another_season_are_not_used():
    assert find_network("BTC", date(2022, 6, 1)) is None
    assert find_network_of_algorithm("ethash", date(2021, 11, 1)).coin == "ETH"


def test_a_price_file_replaces_the_packaged_figures(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text(HEADER + "2026-01-01,xmr,randomx,5e9,432,3,1200,CNY,,own\n", encoding="utf-8")
    (network,) = read_networks(path)
    assert find_network("XMR", date(2026, 1, 5), (network,)) == network
    assert network.cny_per_unit == 1


@pytest.mark.parametrize(
    "text",
    [
        "date,coin\n2026-01-01,XMR\n",
        HEADER + "yesterday,XMR,randomx,5e9,432,3,1200,CNY,,own\n",
        HEADER + "2026-01-01,XMR,randomx,0,432,3,1200,CNY,,own\n",
        HEADER + "2026-01-01,XMR,randomx,nan,432,3,1200,CNY,,own\n",
        HEADER + "2026-01-01,XMR,randomx,5e9,432,3,1200,USD,,own\n",
        HEADER + "2026-01-01,XMR\n",
    ],
)
def test_a_wrong_price_file_is_one_clear_error(tmp_path, text):
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_networks(path)


def test_a_price_file_of_bytes_or_none_is_one_clear_error(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_bytes(b"\xff\xfe\x00date")
    with pytest.raises(InputError):
        read_networks(path)
    with pytest.raises(InputError):
        read_networks(tmp_path / "missing.csv")
