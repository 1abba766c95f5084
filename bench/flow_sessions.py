"""Sessions in flow records of real miners and real ordinary connections, as rows of `flow_shapes` with their truth.

A session is one connection (one pair of ends) or, for the folders of nfcapd files, what is left of it in the files.
Nothing of payload or ports is a feature; ports only tell connections apart and, for the folders that hold more than
one miner, which of them are the pool's.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.compute as pc

from bench.real_flows import read_real_flows
from paicha.engine.backend import keep_rows, name_table
from paicha.packs.traffic.derivations.flow_shapes import FLOW_SHAPES, LONG_ENDPOINTS, flow_shapes, long_endpoints
from paicha.packs.traffic.derivations.inside import INSIDE
from paicha.packs.traffic.policy import FlowShapePolicy, TrafficPolicy
from paicha.packs.traffic.rules.flow_shapes import mining_like_flow
from paicha.packs.traffic.tables import FLOWS, MINING_SESSIONS, PROFILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paicha.kernel.derivation import Derivation

INSIDE_CLIENTS = """
CREATE TABLE inside AS
SELECT DISTINCT site, client_ip AS address, 'home' AS level, 0::BIGINT AS first_seen, 0::BIGINT AS last_seen,
    0::BIGINT AS records, 1.0::DOUBLE AS sampling
FROM flows
"""

SHORTEST_SECONDS = 120
"""Shorter connections are not fitted to; the others, because ordinary ones of ten minutes are few."""

POOL_PORTS = {3333, 6666, 6688, 8008, 9050, 9200, 9999, 13531}
HIDDEN_POOL = ("mining/headeronly/ifip_5bae25736a09.pcap", 443)
"""A pool on the port of the web, named in the answers of the captures."""

REPEATED = r"logs/netflow/(nfcapd_mining/(1617843709|1618213677|mining/|coinhive)|mining_1578463342)"
"""Records of connections that other files hold too: a session counts once."""

TRUTH = (
    ("cj-sniffer", r"mining/cjs/|logs/netflow/nfcapd_mining/1\d{9}"),
    ("miningtraffic", r"logs/netflow/nfcapd_mining/vic_"),
    ("ifip", r"mining/headeronly/"),
    ("jsiwek", r"mining/jsiwek/"),
    ("ndpi", r"mining/ndpi/|benign/ndpi/|grey/"),
)
"""By source the files that come from it; other files are of the source that their folder names."""


def find_source(site: str) -> str:
    """Return the source of a file by its path."""
    for name, pattern in TRUTH:
        if re.match(pattern, site):
            return name
    top, _, rest = site.partition("/")
    return rest.split("/")[0] if top == "benign" else f"{top}-{rest.split('/')[0]}"


def is_pool(site: str, port: int | None) -> bool:
    """Return whether a connection of a file is one with a pool."""
    of_miners = site.startswith(("mining/", "logs/netflow/"))
    return of_miners and (port in POOL_PORTS or (site, port) == HIDDEN_POOL)


@cache
def list_connections() -> pa.Table:
    """Return the real flow records, `site` being file (or folder of rotated files), client and its port."""
    flows = read_real_flows()
    flows = flows.filter(pc.invert(pc.match_substring_regex(flows.column("site"), f"^{REPEATED}")))
    places = [
        f"{re.sub(r'/nfcapd[.][0-9]+$', '/', site)}|{client}|{port}"
        for site, client, port in zip(
            *(flows.column(name).to_pylist() for name in ("site", "client_ip", "client_port")), strict=True
        )
    ]
    return flows.set_column(0, "site", pa.array(places, pa.string()))


def describe_flows(flows: pa.Table, policy: FlowShapePolicy) -> pa.Table:
    """Return the rows of `flow_shapes` that the pack makes of rows of `flows`, every client being inside."""
    whole = TrafficPolicy(flow_shape=policy)
    with duckdb.connect(config={"threads": 1}) as duck:
        keep_rows(duck, FLOWS.name, flows)
        duck.execute(INSIDE_CLIENTS)
        for spec in (PROFILES, MINING_SESSIONS):
            keep_rows(duck, spec.name, spec.arrow.empty_table())
        for derivation in (long_endpoints, flow_shapes):
            duck.execute(f"CREATE TABLE {derivation.table.name} AS {write_statement(derivation, whole)}")
        return duck.execute(f"SELECT * FROM {FLOW_SHAPES.name}").to_arrow_table()


def write_statement(derivation: Derivation, policy: TrafficPolicy) -> str:
    """Return the SQL of one of the two derivations for DuckDB."""
    specs = {spec.name: spec for spec in (FLOWS, INSIDE, PROFILES, MINING_SESSIONS, LONG_ENDPOINTS)}
    asked = (policy if name == "policy" else name_table(specs[name]) for name in derivation.parameters)
    return str(ibis.to_sql(derivation.derive(*asked), dialect="duckdb"))


def tell_truth(shapes: pa.Table) -> pa.Table:
    """Return rows of `flow_shapes` with `source` and `is_mining`."""
    files = [site.split("|")[0] for site in shapes.column("site").to_pylist()]
    mining = [is_pool(file, port) for file, port in zip(files, shapes.column("server_port").to_pylist(), strict=True)]
    told = shapes.append_column("source", pa.array([find_source(file) for file in files], pa.string()))
    told = told.append_column("is_mining", pa.array(mining, pa.bool_()))
    order: Sequence[Any] = [(name, "ascending") for name in ("site", "server_ip", "server_port")]
    return told.take(pc.sort_indices(told, sort_keys=order))


@cache
def read_sessions() -> pa.Table:
    """Return the sessions of two minutes and more that scorecard `flows` is fitted to, sorted."""
    found = describe_flows(list_connections(), FlowShapePolicy(min_seconds=SHORTEST_SECONDS, between_insiders=True))
    return tell_truth(found.filter(found.column("is_enough")))


def list_findings(policy: FlowShapePolicy, *, shapes: pa.Table | None = None, names: bool = False) -> Any:
    """Return of how many rows of `flow_shapes` the rule tells, or their sites; without rows those of ordinary files.

    Ordinary files are captures and logs without miners, each a site of its own whose private addresses are inside.
    """
    if shapes is None:
        flows = read_real_flows()
        files = flows.column("site").to_pylist()
        ordinary = [not site.startswith(("mining/", "logs/netflow/")) for site in files]
        shapes = describe_flows(flows.filter(pa.array(ordinary)), policy)
    with duckdb.connect() as duck:
        keep_rows(duck, FLOW_SHAPES.name, shapes.select(FLOW_SHAPES.names))
        answer = mining_like_flow.ask(name_table(FLOW_SHAPES), TrafficPolicy(flow_shape=policy))
        found = duck.execute(str(ibis.to_sql(answer.select("site"), dialect="duckdb"))).to_arrow_table()
    return found.column("site").to_pylist() if names else found.num_rows
