"""A province in miniature with known truth: packets, logs, lists and filings, deterministic from a seed.

Nothing here shares code with the packs, so that what they read is an independent check. No traffic is ever sent.
"""
