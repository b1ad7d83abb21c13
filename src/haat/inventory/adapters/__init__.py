"""Where offers and stock are kept."""
