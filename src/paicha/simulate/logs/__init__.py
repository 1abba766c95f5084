"""The same truth as logs, flow records and lists: what other sensors and a superior body would hand over."""
