"""What search knows about words: how text becomes tokens, how a query is read, how the first hits are put in order.

It owns nothing that lasts: a `TextSnapshot` is built from the catalogue's items, is replaced in one assignment
and can be built again at any time. It knows no engine: tokens and weights go out as plain strings and numbers.
Source of the techniques and their weights: docs/explanation/relevance.md.
"""
