import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.engine.literals import fill

VALUES = (
    st.none()
    | st.text(st.characters(exclude_characters="\0"))
    | st.integers(-(2**62), 2**62)
    | st.floats(-1e300, 1e300)
)


@given(VALUES, VALUES)
def test_values_come_back_as_they_went_in(first, second):
    found = duckdb.sql(fill("SELECT $a, $b", {"a": first, "b": second})).fetchone()
    assert [str(v) if isinstance(v, str) else v and float(v) for v in found] == [
        v if isinstance(v, str) else v and float(v) for v in (first, second)
    ]


def test_a_name_without_a_value_is_an_error():
    with pytest.raises(KeyError):
        fill("SELECT $nothing", {})
