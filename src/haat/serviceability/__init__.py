"""Serviceability: which PIN codes a warehouse reaches, and the date it promises there.

Owns warehouses, hubs, lanes, PIN code rules, holidays and the matrix computed from them (database `serviceability`,
one blob per build). Publishes `lanes` (lane.changed: the generation that search must catch up with). Hears nothing.

Promises:
P1 one function turns an arrival code, a place and a moment into a date; listing, product page, quote and order use it
P2 at any one moment and place a smaller code is never later, whatever the holidays are
P3 a PIN code without a delivery office (unless an operator opens it) or without a known place is not served
P4 a change of a lane, warehouse, hub, rule or holiday is in `Serviceability.reach` of every process within 5 s
P5 the matrix with live changes laid over it equals the matrix built afresh from the same rows
"""
