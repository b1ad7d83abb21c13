"""The browsing half of the shop: home, stalls, listing, product, PIN code, and the pages when something is wrong."""
