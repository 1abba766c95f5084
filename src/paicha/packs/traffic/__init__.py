"""The traffic pack: cryptocurrency mining on networks."""
