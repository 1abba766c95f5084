"""Names in certificates joined with the connections on which the certificates were shown, over all logs of a site."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from paicha.packs.traffic.readers.rows import find_host_names, flatten, to_mask, unescape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paicha.kernel.reader import Reading, Sink
    from paicha.packs.traffic.readers.rows import Target

_NUMBERS = count()
_SHOWN = ("client_ip", "client_port", "server_ip", "server_port", "first_seen", "last_seen", "shown", "common")


class Certificates:
    """Connections and certificates of the logs read so far, in temporary tables that spill to disk."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        number = next(_NUMBERS)
        self._connections = f"zeek_connections_{number}"
        self._certificates = f"zeek_certificates_{number}"
        duck = reading.duck
        duck.execute(
            f"CREATE TEMP TABLE {self._connections} (site VARCHAR, source VARCHAR, client_ip VARCHAR, "
            "client_port BIGINT, server_ip VARCHAR, server_port BIGINT, first_seen BIGINT, last_seen BIGINT, "
            "shown VARCHAR, common VARCHAR)"
        )
        duck.execute(f"CREATE TEMP TABLE {self._certificates} (shown VARCHAR, name VARCHAR)")

    def add_connections(self, target: Target, columns: Mapping[str, Any], keep: Any) -> None:
        """Keep connections of an `ssl` log with the fingerprint or file id of what the server showed."""
        chosen = pa.array(to_mask(keep))
        table = pa.table({name: flatten(columns[name]).filter(chosen) for name in _SHOWN})
        for name, text in (("source", target.source.key), ("site", target.source.site)):
            table = table.add_column(0, name, pa.repeat(pa.scalar(text), table.num_rows))
        self._insert(self._connections, table)

    def add_certificates(
        self, fingerprint: pa.Array, file_id: pa.Array, common: pa.Array, names: pa.Array, keep: Any
    ) -> None:
        """Keep the names of an `x509` log's certificates, under both names that other logs call these by."""
        for shown in (fingerprint, file_id):
            parents = pc.list_parent_indices(names)
            alternative = find_host_names(unescape(pc.list_flatten(names)))
            table = pa.table(
                {
                    "shown": pa.concat_arrays([shown, shown.take(parents)]),
                    "name": pa.concat_arrays([common, alternative]),
                    "keep": pa.concat_arrays([pa.array(keep), pa.array(keep).take(parents)]),
                }
            )
            usable = pc.and_(
                table.column("keep"), pc.and_(table.column("shown").is_valid(), table.column("name").is_valid())
            )
            self._insert(self._certificates, table.filter(usable).drop_columns(["keep"]))

    def write(self, sink: Sink) -> None:
        """Write one row per connection and name of its certificate, and forget both tables."""
        since, until = self._reading.since, self._reading.until
        bounds = (f" AND last_seen >= {since:d}" if since is not None else "") + (
            f" AND first_seen <= {until:d}" if until is not None else ""
        )
        duck = self._reading.duck
        (certificates,) = duck.execute(f"SELECT count(*) FROM {self._certificates}").fetchone()  # noqa: S608
        if certificates:
            sink.copy(
                "names",
                "SELECT site, source, 'certificate' AS kind, name, client_ip, client_port, server_ip, server_port, "  # noqa: S608
                f"NULL::VARCHAR AS answer, first_seen, last_seen, 1 AS count FROM {self._connections} JOIN "
                f"(SELECT DISTINCT shown, name FROM {self._certificates}) USING (shown) "
                f"WHERE name IS DISTINCT FROM common{bounds}",
            )
        duck.execute(f"DROP TABLE {self._connections}; DROP TABLE {self._certificates}")

    def _insert(self, name: str, table: pa.Table) -> None:
        duck = self._reading.duck
        if table.num_rows:
            duck.register("paicha_rows", table)
            duck.execute(f"INSERT INTO {name} BY NAME SELECT * FROM paicha_rows")  # noqa: S608
            duck.unregister("paicha_rows")
