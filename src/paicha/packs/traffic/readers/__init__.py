"""Readers of logs, flow records and lists: Zeek, Suricata EVE, nfdump, nfcapd, flow tables, lists handed down.

Each module holds one `Reader` value that recognises its format by content, and every input may be plain, gzip or
zstd. Text is read in blocks of whole lines; a block becomes columns without a Python object per row.
"""
