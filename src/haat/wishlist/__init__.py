"""Wishlist: items a buyer or guest wants to remember, and those he wants to hear of when they are back.

Owns: `wish`, in the carts database. Publishes: `carts` (wishlist.changed), keyed by owner. Hears: nothing yet.
Promises: an item is on a list once; a wish to be told is kept until it is answered.
"""
