"""Every threshold, window and mapping of the traffic pack, each with unit, range and why."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from paicha.packs.traffic.policy.figures import (
    PowerPolicy,
    SummaryPolicy,
)
from paicha.packs.traffic.policy.hiding import (
    BehaviourPolicy,
    BlocksPolicy,
    FlowShapePolicy,
    HintsPolicy,
    HoursPolicy,
    ProfilesPolicy,
    RelaysPolicy,
)
from paicha.packs.traffic.policy.inputs import (
    AlertsPolicy,
    CapturePolicy,
    FlowTablePolicy,
    NetflowPolicy,
    ReportListPolicy,
)
from paicha.packs.traffic.policy.judging import (
    GradingPolicy,
    NamesPolicy,
    ObservedPolicy,
    StockPolicy,
    StratumPolicy,
)
from paicha.packs.traffic.policy.sections import Section, check_range

HOUR_US = 3_600_000_000

__all__ = [
    "HOUR_US",
    "AlertsPolicy",
    "BehaviourPolicy",
    "BlocksPolicy",
    "CapturePolicy",
    "FlowShapePolicy",
    "FlowTablePolicy",
    "GradingPolicy",
    "HintsPolicy",
    "HoursPolicy",
    "NamesPolicy",
    "NetflowPolicy",
    "ObservedPolicy",
    "PowerPolicy",
    "ProfilesPolicy",
    "RelaysPolicy",
    "ReportListPolicy",
    "StockPolicy",
    "StratumPolicy",
    "SummaryPolicy",
    "TrafficPolicy",
]


class TrafficPolicy(Section):
    """The whole policy of the traffic pack."""

    home: tuple[Annotated[str, AfterValidator(check_range)], ...] = Field(
        (), description="CIDR ranges of the watched network where no register of units says so; empty: private ranges"
    )
    capture: CapturePolicy = CapturePolicy()
    stratum: StratumPolicy = StratumPolicy()
    names: NamesPolicy = NamesPolicy()
    flow_table: FlowTablePolicy = FlowTablePolicy()
    report_list: ReportListPolicy = ReportListPolicy()
    alerts: AlertsPolicy = AlertsPolicy()
    netflow: NetflowPolicy = NetflowPolicy()
    grading: GradingPolicy = GradingPolicy()
    observed: ObservedPolicy = ObservedPolicy()
    power: PowerPolicy = PowerPolicy()
    stock: StockPolicy = StockPolicy()
    summary: SummaryPolicy = SummaryPolicy()
    profiles: ProfilesPolicy = ProfilesPolicy()
    behaviour: BehaviourPolicy = BehaviourPolicy()
    flow_shape: FlowShapePolicy = FlowShapePolicy()
    blocks: BlocksPolicy = BlocksPolicy()
    relays: RelaysPolicy = RelaysPolicy()
    hours: HoursPolicy = HoursPolicy()
    hints: HintsPolicy = HintsPolicy()
