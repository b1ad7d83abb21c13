"""Users: until accounts come, sellers and API tokens.

Owns: `seller` and `api_token` in the users database. Publishes nothing yet.
Promises: a token is shown once and stored only as a hash; a revoked or unknown token is nobody's; a seller's code never
changes and is never given twice, because every sku begins with it.
"""
