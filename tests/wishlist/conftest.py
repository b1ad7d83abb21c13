"""The same market as the cart's tests."""

from tests.cart.conftest import browser, market, migrated_carts, migrated_orders, world

__all__ = ["browser", "market", "migrated_carts", "migrated_orders", "world"]
