import pytest
from sqlalchemy import update

from paicha.kernel.errors import StoreError
from paicha.store.database import open_database
from paicha.store.ledger import GENESIS, append_event, read_events
from paicha.store.schema import EVENTS


@pytest.fixture
def engine(tmp_path):
    return open_database(f"sqlite:///{tmp_path / 'paicha.db'}")


def test_events_are_chained_in_order(engine):
    with engine.begin() as connection:
        first = append_event(connection, "li", "unmask", {"run": "r-1"})
        second = append_event(connection, "wang", "import", {"文件": "单位.csv"})
    with engine.connect() as connection:
        assert list(read_events(connection)) == [first, second]
    assert first.previous == GENESIS
    assert second.previous == first.sha256


@pytest.mark.parametrize("change", [{"actor": "zhao"}, {"time": 1}, {"content": "{}"}, {"number": 7}])
def test_a_changed_event_breaks_the_chain(engine, change):
    with engine.begin() as connection:
        for number in range(3):
            append_event(connection, "li", "import", {"number": number})
        connection.execute(update(EVENTS).where(EVENTS.c.number == 2).values(**change))
    with engine.connect() as connection, pytest.raises(StoreError, match="chain of the ledger is broken"):
        list(read_events(connection))


def test_a_removed_event_breaks_the_chain(engine):
    with engine.begin() as connection:
        for number in range(3):
            append_event(connection, "li", "import", {"number": number})
        connection.execute(EVENTS.delete().where(EVENTS.c.number == 2))
    with engine.connect() as connection, pytest.raises(StoreError):
        list(read_events(connection))
