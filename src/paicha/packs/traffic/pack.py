"""The traffic pack: who mines, seen from captures, logs, flow records and lists."""

from __future__ import annotations

from paicha.kernel.pack import Pack
from paicha.kernel.rule import Title
from paicha.packs.traffic.capture.reader import CAPTURE_READER
from paicha.packs.traffic.derivations import DERIVATIONS, tell_inside
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.readers.eve import EVE_READER
from paicha.packs.traffic.readers.flow_table import FLOW_TABLE_READER
from paicha.packs.traffic.readers.nfcapd import NFCAPD_READER
from paicha.packs.traffic.readers.nfdump import NFDUMP_READER
from paicha.packs.traffic.readers.report_list import REPORT_LIST_READER
from paicha.packs.traffic.readers.zeek import ZEEK_READER
from paicha.packs.traffic.rules import EVIDENCE_FORMS, RULES
from paicha.packs.traffic.summary import SUMMARY_TABLES, describe, measure, summarise
from paicha.packs.traffic.tables import GIVEN_TABLES, INPUT_TABLES

PACK = Pack(
    name="traffic",
    title=Title(en="Mining on networks", zh="网络流量中的挖矿活动"),
    tables=INPUT_TABLES,
    given=GIVEN_TABLES,
    readers=(
        CAPTURE_READER,
        NFCAPD_READER,
        ZEEK_READER,
        EVE_READER,
        NFDUMP_READER,
        REPORT_LIST_READER,
        FLOW_TABLE_READER,
    ),
    derivations=DERIVATIONS,
    rules=RULES,
    policy_model=TrafficPolicy,
    presets="paicha.packs.traffic.presets",
    observed="observed",
    evidence_forms=EVIDENCE_FORMS,
    tell_inside=tell_inside,
    measure=measure,
    describe=describe,
    summarise=summarise,
    summary_tables=SUMMARY_TABLES,
)
"""Readers are asked in this order: formats with a signature first, tables with a mapping in the policy last."""
