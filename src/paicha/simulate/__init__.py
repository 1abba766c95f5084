"""A province in miniature with known truth, for the demo, tests and benchmarks."""
