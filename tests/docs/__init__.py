"""What the docs say still runs."""
