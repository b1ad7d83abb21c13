"""The users database's version line."""
