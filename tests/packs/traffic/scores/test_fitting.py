"""Fitting scorecards: monotone, bounded, pulled towards priors, written reproducibly."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from paicha.packs.traffic.scores.scorecard import is_shaped, load_card, read_card

fit = pytest.importorskip("bench.fit", reason="the benchmarks are not beside the tests")
CARD = load_card("flows")


def draw(count: int, seed: int) -> pa.Table:
    """Sessions whose miners send packets of 100 to 160 bytes and others of any size, other features unknown."""
    rng = np.random.default_rng(seed)
    mining = rng.random(count) < 0.5
    size = np.where(mining, rng.uniform(100, 160, count), rng.uniform(40, 1400, count))
    unknown = pa.nulls(count, pa.float64())
    columns = {feature.name: unknown for feature in CARD.features} | {"packet_bytes_out": pa.array(size)}
    return pa.table(columns | {"is_mining": mining, "source": [f"s{n % 3}" for n in range(count)]})


def test_points_follow_the_data_within_shape_and_bounds() -> None:
    fitted = fit.fit_card(CARD, fit.find_bins(draw(2000, 1), CARD), strength=0.001)
    for feature in fitted.features:
        points = [one.points for one in feature.bins]
        assert is_shaped(points, feature.direction)
        assert max(map(abs, points)) <= feature.bound
    sizes = [one.points for one in fitted.features[0].bins]
    assert sizes[1] - sizes[3] > 4
    assert {source.name for source in fitted.built_from} == {"s0", "s1", "s2"}


def test_without_data_the_priors_stay() -> None:
    fitted = fit.fit_card(CARD, fit.find_bins(draw(2000, 1), CARD))
    for feature in fitted.features[1:]:
        assert [one.points for one in feature.bins] == [one.prior for one in feature.bins]


def test_few_sessions_change_little() -> None:
    fitted = fit.fit_card(CARD, fit.find_bins(draw(6, 2), CARD), strength=1.0)
    for feature in fitted.features:
        assert all(abs(one.points - one.prior) <= 1 for one in feature.bins)


def test_equal_sessions_give_equal_files(tmp_path) -> None:
    texts = [fit.write_card(fit.fit_card(CARD, fit.find_bins(draw(500, 3), CARD))) for _ in range(2)]
    assert texts[0] == texts[1]
    path = tmp_path / "flows.toml"
    path.write_text(texts[0], encoding="utf-8")
    assert fit.write_card(read_card(path)) == texts[0]


def test_score_by_bins_is_that_of_the_card() -> None:
    table = draw(3, 4).set_column(0, "packet_bytes_out", pa.array([130.0, 1200.0, None]))
    points = fit.add_points(CARD, fit.place_values(table, CARD))
    bins = CARD.features[0].bins
    assert points.tolist() == [CARD.base + bins[1].points, CARD.base + bins[-1].points, CARD.base]
