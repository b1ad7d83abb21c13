"""Cart: what a buyer or guest means to order.

Owns: `cart`, `cart_line`, in the carts database. Publishes: `carts` (cart.changed), keyed by owner. Hears: `orders`.
Promises: prices, dates, availability and totals are computed from offers and the matrix at every look, never taken from
a client; a cart merged into another loses no line; every change of a cart is one event.
"""
