"""Benchmarks: figures beside those of a peer or a physical limit measured in the same run. See `python -m bench -h`."""
