import random

from hypothesis import given
from hypothesis import strategies as st

from paicha.packs.traffic.stratum.reassembly import WINDOW, Stream

MARK = (0, 1, 0)


def read_all(segments, *, begin=None, max_held=1 << 18):
    stream, pieces = Stream(max_held), []
    if begin is not None:
        stream.begin(begin)
    for time, (sequence, payload, missing) in enumerate(segments):
        stream.push(sequence % WINDOW, payload, missing, (time, time, 0), pieces)
    stream.flush(pieces)
    return stream, pieces


@given(
    data=st.binary(min_size=1, max_size=400),
    first=st.integers(0, WINDOW - 1),
    seed=st.integers(0, 1 << 30),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=20),
)
def test_any_cut_order_and_repetition_gives_the_same_bytes(data, first, seed, sizes):
    rng = random.Random(seed)
    segments, start = [], 0
    while start < len(data):
        size = rng.choice(sizes)
        # some segments overlap what was sent before
        back = rng.randint(0, min(start, 9))
        segments.append((first + start - back, data[start - back : start + size], 0))
        start += size
    segments += [rng.choice(segments) for _ in range(5)]
    rng.shuffle(segments)
    stream, pieces = read_all(segments, begin=first)
    assert b"".join(piece for _, piece, _ in pieces) == data
    assert stream.lost == 0


def test_a_hole_is_declared_when_the_bytes_held_are_too_many():
    stream, pieces = read_all([(0, b"ab", 0), (10, b"x" * 50, 0), (60, b"y" * 60, 0)], max_held=100)
    assert [(data, lost) for _, data, lost in pieces] == [(b"ab", 0), (b"", 8), (b"x" * 50, 0), (b"y" * 60, 0)]
    assert stream.lost == 8


def test_cut_payload_is_a_hole_unless_it_is_seen_again():
    stream, pieces = read_all([(0, b"abc", 5), (8, b"def", 0)])
    assert [(data, lost) for _, data, lost in pieces] == [(b"abc", 0), (b"", 5), (b"def", 0)]
    assert stream.lost == 5


def test_the_first_segment_of_a_joined_stream_sets_the_sequence():
    _, pieces = read_all([(WINDOW - 2, b"abcd", 0), (2, b"ef", 0), (0, b"cdef", 0)])
    assert b"".join(piece for _, piece, _ in pieces) == b"abcdef"


@given(st.lists(st.tuples(st.integers(0, WINDOW - 1), st.binary(max_size=40), st.integers(0, 100)), max_size=40))
def test_any_segments_are_read_within_bounds(segments):
    stream, pieces = read_all(segments, max_held=200)
    assert not stream.held
    assert stream.held_bytes == 0
    assert stream.lost == sum(lost for _, _, lost in pieces)
