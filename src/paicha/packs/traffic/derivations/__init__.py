"""Tables made from tables: sessions counted once, matches, estimates, what was observed."""
