"""What power, energy, revenue and the summary are made with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paicha.packs.traffic.policy.sections import Section


class PowerPolicy(Section):
    """What power, energy and revenue are estimated with."""

    tariff_per_kwh: Annotated[float, Field(ge=0, le=100)] = Field(0.6, description="CNY/kWh that the miner pays")
    surcharge_per_kwh: Annotated[float, Field(ge=0, le=100)] = Field(
        0.0, description="CNY/kWh on top of it, where a differential tariff is charged"
    )
    draws: Annotated[int, Field(ge=100, le=100_000)] = Field(2000, description="draws of the Monte Carlo simulation")
    seed: Annotated[int, Field(ge=0)] = Field(20211110, description="seed of the draws: equal inputs, equal figures")
    currency_per_usd: Annotated[float, Field(gt=0, le=1000)] = Field(
        6.38, description="CNY per USD in mid-November 2021, for figures of networks that are stated in USD"
    )


class SummaryPolicy(Section):
    """How the summary is laid out."""

    region_level: Annotated[str, Field(pattern="^(province|city|county)$")] = Field(
        "city", description="level of GB/T 2260 by which regions are told apart; a province's own sheet needs cities"
    )
