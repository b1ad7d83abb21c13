"""The same market as the cart's tests."""

from tests.cart.conftest import browser, market, world

__all__ = ["browser", "market", "world"]
