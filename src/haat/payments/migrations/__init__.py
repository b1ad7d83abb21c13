"""Payments' part of the orders database's line."""
