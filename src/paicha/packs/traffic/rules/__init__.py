"""The questions of the traffic pack."""
