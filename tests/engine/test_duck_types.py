import duckdb
import pyarrow as pa
import pytest

from paicha.engine.duck_types import name_type, select_nothing
from paicha.packs.traffic.derivations import DERIVATIONS
from paicha.packs.traffic.tables import GIVEN_TABLES, INPUT_TABLES

SPECS = (*INPUT_TABLES, *GIVEN_TABLES, *(derivation.table for derivation in DERIVATIONS))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_the_query_of_nothing_has_the_columns_of_the_table(spec):
    rows = duckdb.connect().execute(select_nothing(spec.arrow)).to_arrow_table()
    assert rows.num_rows == 0
    assert [(f.name, f.type) for f in rows.schema] == [(f.name, f.type) for f in spec.arrow]


def test_a_type_that_no_table_has_is_refused():
    with pytest.raises(ValueError, match="timestamp"):
        name_type(pa.timestamp("us"))
