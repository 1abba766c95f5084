"""Packet captures: containers, layers, flows, names, and the segments that may hold a mining protocol."""
