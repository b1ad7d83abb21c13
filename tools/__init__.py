"""Contributor tools."""
