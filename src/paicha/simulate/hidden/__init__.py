"""Miners that hide: in TLS, in tunnels, behind relays, in Stratum V2, or in captures without payload; truth known."""
