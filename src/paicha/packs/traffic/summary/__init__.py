"""The summary of a traffic screening: the sheet, and what each subject amounts to."""

from paicha.packs.traffic.summary.description import describe
from paicha.packs.traffic.summary.measures import measure
from paicha.packs.traffic.summary.sheet import SUMMARY_TABLES, summarise

__all__ = ["SUMMARY_TABLES", "describe", "measure", "summarise"]
