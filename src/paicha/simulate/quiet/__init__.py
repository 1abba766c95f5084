"""Ordinary long-lived flows of low rate, by class, very many at once: what must not be taken for mining.

The generator is frozen: it was finished before the score that it tests was built, and only errors of fact are mended
since, each with a new `GENERATOR_VERSION` and a line in `catalogue.CHANGES`.
"""
