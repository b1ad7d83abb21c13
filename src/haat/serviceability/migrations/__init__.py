"""The history of the serviceability database."""
