"""Wishlist's part of the carts database's line."""
