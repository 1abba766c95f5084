"""Scores: sums of named, bounded contributions whose points are data."""
