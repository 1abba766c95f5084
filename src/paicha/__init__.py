"""paicha: screen a population by rules, give notice, wait, check again, close, account for all of it."""

__version__ = "0.1.0"
