import numpy as np
import pytest

from paicha.simulate.quiet.catalogue import CHANGES, CLASSES, GENERATOR_VERSION, NAMES
from paicha.simulate.quiet.draft import PLAIN, TLS12_CBC, TLS12_GCM, TLS13, Draft, protect
from paicha.simulate.quiet.sessions import LEAST_S, draw_sessions, write_quiet_capture
from paicha.simulate.wire.segments import send_messages


def make_draft(n=200, seconds=3600.0):
    start = np.zeros(n)
    return Draft(np.random.default_rng(1), start, start + seconds, np.full(n, 0.02))


def test_protection_adds_what_the_standards_say():
    sizes = np.array([100, 100, 100, 100, 16_385])
    kinds = np.array([PLAIN, TLS13, TLS12_GCM, TLS12_CBC, TLS13])
    assert protect(sizes, kinds).tolist() == [100, 122, 129, 21 + 128, 16_385 + 44]


def test_clocks_tick_and_idle_times_are_found():
    draft = make_draft()
    ticks = draft.every(60.0)
    counts = np.bincount(ticks.session, minlength=200)
    assert counts.min() >= 59
    assert counts.max() <= 60
    idle = draft.idle(ticks, 25.0)
    assert np.bincount(idle.session).mean() == pytest.approx(2 * 60, rel=0.03)
    assert np.bincount(draft.poisson(0.05).session).mean() == pytest.approx(180, rel=0.05)
    gaps = np.diff(draft.drift(10.0, shape=100.0).time)
    assert gaps[gaps > 0].mean() == pytest.approx(10, rel=0.01)


def test_every_class_gives_sessions_of_ten_minutes_in_which_something_is_said():
    for one in CLASSES:
        drawn = draw_sessions(20, 3, classes=[one.name])
        packets = send_messages(drawn.connections, drawn.messages, 3)
        assert drawn.name_classes() == [one.name] * 20
        seen = drawn.connections.end_us - drawn.connections.seen_from_us
        assert seen.min() >= LEAST_S * 1e6
        assert len(np.unique(packets.connection)) >= 16, one.name
        assert packets.payload.max() <= 1460


def test_the_seed_decides(tmp_path):
    paths = [tmp_path / name for name in "abc"]
    made = [write_quiet_capture(path, 60, seed) for path, seed in zip(paths, (5, 5, 6), strict=True)]
    assert paths[0].read_bytes() == paths[1].read_bytes() != paths[2].read_bytes()
    assert made[0].bytes == paths[0].stat().st_size
    assert len(made[0].kind) == len(made[0].connections) == 60
    with pytest.raises(ValueError, match="class"):
        draw_sessions(1, 1, classes=["miner"])


def test_clients_are_inside_and_servers_outside_and_names_are_unique():
    drawn = draw_sessions(2000, 9)
    assert ((drawn.connections.client >> 24) == 10).all()
    assert ((drawn.connections.server >> 17) == 0xC612 >> 1).all()
    assert len(set(NAMES)) == len(NAMES) == len(CLASSES)
    assert np.bincount(drawn.kind, minlength=len(NAMES)).min() > 0
    assert CHANGES[-1][0] == GENERATOR_VERSION
