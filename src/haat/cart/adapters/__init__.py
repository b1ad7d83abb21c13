"""Cart's adapters."""
