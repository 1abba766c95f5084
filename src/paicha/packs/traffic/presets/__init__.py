"""Named policies of the traffic pack."""
