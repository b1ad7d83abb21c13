"""Other ways to serve the same answers, to measure ours against. They are no part of the product."""
