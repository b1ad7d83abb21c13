"""Wishlist's adapters."""
