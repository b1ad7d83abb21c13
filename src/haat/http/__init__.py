"""The HTTP edge: what every route shares. Nothing in here knows a context.

edge      the one ASGI function around the app: request id, limits, deadline, security headers, access log, metrics
problems  RFC 9457 answers for every error, as JSON or, for browsers, as a page
identity  who calls: a visitor (signed cookie) and, with a bearer token, an operator or a seller
read      hot GETs: query string → Struct → pre-encoded bytes, still in the route table and in the OpenAPI document
signing   opaque signed cursors and cookies
headers   ETag, If-Match, Idempotency-Key
openapi   the OpenAPI 3.1 document, hot reads included
"""
