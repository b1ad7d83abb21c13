"""Engines: how haat opens, pings and closes what stores things. No business word in here.

sql        transactional units over SQLite (MySQL and MariaDB come by URL)
documents  JSON documents with versions and an outbox in the same commit
kv         keys with time to live, compare-and-set, sorted sets
blobs      content-addressed bytes
system     the wall clock and fresh ids
"""
