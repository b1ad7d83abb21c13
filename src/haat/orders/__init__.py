"""Orders: what was ordered, at which price and promise, and what became of it.

Owns: `orders`, `order_line`, `order_event`, jobs and leases, in the orders database. Publishes: `orders`
(order.changed), keyed by order. Hears: nothing.
Promises: order, holds, first state and payment attempt are one commit; one order per checkout; a price, promise or
availability that got worse since the buyer saw it is asked again, never silently taken; every change of state is an
allowed edge, has one gapless history row and one event; `expires_ms` in SQL decides when an order dies.
"""
