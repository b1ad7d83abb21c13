"""The pages people see: storefront (console later), and the page of the API's documentation.

Owns no data: calls use cases through the ports in `ports.py`. Every page is rendered on the server and works without
JavaScript; scripts only add (suggestions, filters without a reload, the filter sheet's focus, the picture strip).
Publishes on `behaviour`: item.viewed v1, keyed by visitor; searches are published by search, under the same id.
Promises: the date on a page is the one serviceability gives; what a supplier or visitor wrote is always shown as text.
"""
