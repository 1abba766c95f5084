"""Shared knowledge: pure functions and dated data files with their sources, which every room may use."""
