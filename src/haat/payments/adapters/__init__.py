"""Where payments are kept, and the gateways that take them."""
