"""Serviceability's engines: SQL tables, India's PIN codes, public holidays."""
