"""Inbound: suppliers' files become events, and every row of them gets an answer.

Owns `(seller, supplier's own code) → item_id`, the feeds, their raw files (as blobs) and the reports of refused rows.
Publishes `item.offered` on `items.inbound` and `offer.offered` on `offers.inbound`, both keyed by item.

Promises:
P1 every source row ends in exactly one of accepted, unchanged, refused; the three add up to the rows read
P2 the same feed again publishes nothing
P3 an older feed never overwrites a newer one
P4 a run killed anywhere and started again ends in the state of a run that was never killed
P5 memory stays bounded whatever the size of the file
P6 hostile input is refused with line, field and reason, or kept as literal text
"""
