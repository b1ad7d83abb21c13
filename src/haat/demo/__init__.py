"""The demo shop: an invented market, the same for the same seed, that a person can browse at once.

Owns: the words, prices, pictures and stock of the demo; no store of its own. The generator (`stalls`, `catalogue`,
`stock`, `pictures`) is pure: seed in, values out. `seed` carries them into a shop by the paths that suppliers use.

Promises:
D1 the same seed and size give the same bytes
D2 every item fits its category's schema
D3 brands, sellers and article numbers are invented (EANs lie in the range GS1 keeps for use inside one company)
D4 seeding twice changes nothing
"""
