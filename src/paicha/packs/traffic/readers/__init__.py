"""Readers of logs, flow records and lists."""
