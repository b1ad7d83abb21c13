"""Search: finds the items that match, can be bought, and reach the buyer's PIN code, with the date they arrive.

Owns the item index (rebuildable, never the truth). Hears `items`, `offers`, `stock`, `lanes`; publishes searches on
`behaviour`. Promises: hits, totals, facets and arrives-by counts are those of a brute-force filter over one snapshot;
a change of stock is found or hidden within 2 s (p99); the dates are those of the one promise function.
"""
