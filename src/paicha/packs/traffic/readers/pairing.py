"""Flow records of one direction each, paired into connections.

Exporters write a record for each direction, and long flows in pieces (RFC 7011, RFC 5470: active timeout). Records of
the same two endpoints and protocol belong to one connection as long as none begins more than `netflow.gap_seconds`
after all before it have ended. A connection of which only one direction was recorded keeps nulls for the other.

Which side is the client: where the SYNs of both directions were recorded and nothing was sampled, the side whose
first record is earlier. Else the side that does not serve a well-known port (< 1024) while the other does; else the
side with an ephemeral port (>= 32768) while the other has none; else the side whose first record is earlier; else the
one with the higher port.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from paicha.kernel.reader import Reading, Sink

_NUMBERS = count()

_COLUMNS = (
    "site VARCHAR, source VARCHAR, sensor VARCHAR, src VARCHAR, sport BIGINT, dst VARCHAR, dport BIGINT, "
    "protocol BIGINT, started BIGINT, ended BIGINT, packets BIGINT, bytes BIGINT, back_packets BIGINT, "
    "back_bytes BIGINT, syn BOOLEAN, sampling DOUBLE"
)

_KEY = "site, low_ip, low_port, high_ip, high_port, protocol"

_PAIRED = """
WITH turned AS (
    SELECT *, (src, coalesce(sport, -1)) <= (dst, coalesce(dport, -1)) AS is_low FROM {table}
), keyed AS (
    SELECT site, source, sensor, protocol, started, ended, sampling, is_low,
        if(is_low, src, dst) AS low_ip, if(is_low, sport, dport) AS low_port,
        if(is_low, dst, src) AS high_ip, if(is_low, dport, sport) AS high_port,
        if(is_low, packets, back_packets) AS low_packets, if(is_low, bytes, back_bytes) AS low_bytes,
        if(is_low, back_packets, packets) AS high_packets, if(is_low, back_bytes, bytes) AS high_bytes,
        is_low AND syn AS low_syn, NOT is_low AND syn AS high_syn
    FROM turned
), marked AS (
    SELECT *, if(started > max(ended) OVER (PARTITION BY {key} ORDER BY started, ended, is_low
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + {gap}, 1, 0) AS fresh FROM keyed
), numbered AS (
    SELECT *, sum(fresh) OVER (PARTITION BY {key} ORDER BY started, ended, is_low
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS piece FROM marked
), joined AS (
    SELECT {key}, piece, min_by(source, started) AS source, min(sensor) AS sensor,
        min(started) AS started, max(ended) AS ended, max(sampling) AS sampling,
        sum(low_packets) AS low_packets, sum(low_bytes) AS low_bytes,
        sum(high_packets) AS high_packets, sum(high_bytes) AS high_bytes,
        coalesce(min(started) FILTER (is_low), 9223372036854775807)
            - coalesce(min(started) FILTER (NOT is_low), 9223372036854775807) AS lead,
        bool_or(low_syn) AND bool_or(high_syn) AND max(sampling) = 1 AS is_whole
    FROM numbered GROUP BY {key}, piece
), judged AS (
    SELECT *, CASE
        WHEN is_whole AND lead < 0 THEN true
        WHEN is_whole AND lead > 0 THEN false
        WHEN high_port < 1024 AND low_port >= 1024 THEN true
        WHEN low_port < 1024 AND high_port >= 1024 THEN false
        WHEN low_port >= 32768 AND high_port < 32768 THEN true
        WHEN high_port >= 32768 AND low_port < 32768 THEN false
        WHEN lead < 0 THEN true
        WHEN lead > 0 THEN false
        ELSE coalesce(low_port >= high_port, true) END AS is_low_client
    FROM joined
)
SELECT site, source, sensor, if(is_low_client, low_ip, high_ip) AS client_ip,
    if(is_low_client, low_port, high_port) AS client_port, if(is_low_client, high_ip, low_ip) AS server_ip,
    if(is_low_client, high_port, low_port) AS server_port, protocol, started, ended,
    TRY_CAST(if(is_low_client, low_packets, high_packets) AS BIGINT) AS packets_out,
    TRY_CAST(if(is_low_client, high_packets, low_packets) AS BIGINT) AS packets_in,
    TRY_CAST(if(is_low_client, low_bytes, high_bytes) AS BIGINT) AS bytes_out,
    TRY_CAST(if(is_low_client, high_bytes, low_bytes) AS BIGINT) AS bytes_in, sampling
FROM judged
"""


class Pieces:
    """Flow records of the sources read so far, in a temporary table that spills to disk."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._table = f"flow_pieces_{next(_NUMBERS)}"
        reading.duck.execute(f"CREATE TEMP TABLE {self._table} ({_COLUMNS})")

    def add(self, rows: pa.Table) -> None:
        """Keep checked records with the columns of `_COLUMNS`; ports are null where the protocol has none."""
        reading = self._reading
        bounds = [f"ended >= {reading.since:d}"] if reading.since is not None else []
        bounds += [f"started <= {reading.until:d}"] if reading.until is not None else []
        where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
        reading.duck.register("paicha_rows", rows)
        reading.duck.execute(f"INSERT INTO {self._table} BY NAME SELECT * FROM paicha_rows{where}")  # noqa: S608
        reading.duck.unregister("paicha_rows")

    def write(self, sink: Sink) -> None:
        """Write one row per connection to `flows`, and forget the records."""
        duck = self._reading.duck
        (records,) = duck.execute(f"SELECT count(*) FROM {self._table}").fetchone()  # noqa: S608
        if records:
            gap = self._reading.policy.netflow.gap_seconds * 1_000_000
            sink.copy("flows", _PAIRED.format(table=self._table, key=_KEY, gap=gap))
        duck.execute(f"DROP TABLE {self._table}")
