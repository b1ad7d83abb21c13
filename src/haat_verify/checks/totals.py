"""Totals: an order's sums are its lines', its prices those of the offers, its tax what the rate says."""

from typing import Final

from haat_verify.check import Check

TOTALS: Final = (
    Check(
        "order-totals",
        "16",
        "total = items - discount + shipping, items and tax are the sums of the lines, nothing is negative",
        """
        SELECT o.id AS order_id, o.total_minor, o.items_minor, COALESCE(SUM(l.total_minor), 0) AS lines_minor,
               o.discount_minor, o.shipping_minor, o.tax_minor, COALESCE(SUM(l.tax_minor), 0) AS lines_tax_minor,
               COUNT(l.line) AS line_count
        FROM orders o
        LEFT JOIN order_line l ON l.order_id = o.id
        GROUP BY o.id, o.total_minor, o.items_minor, o.discount_minor, o.shipping_minor, o.tax_minor
        HAVING o.total_minor <> o.items_minor - o.discount_minor + o.shipping_minor
            OR o.items_minor <> COALESCE(SUM(l.total_minor), 0)
            OR o.tax_minor <> COALESCE(SUM(l.tax_minor), 0)
            OR COUNT(l.line) = 0 OR MAX(l.line) <> COUNT(l.line) OR MIN(l.line) <> 1
            OR o.items_minor < 0 OR o.discount_minor < 0 OR o.shipping_minor < 0 OR o.tax_minor < 0
        """,
    ),
    Check(
        "line-totals",
        "16",
        "a line's total = price x units; its tax is the part its rate says, rounded half up; every line has its order",
        """
        SELECT l.order_id, l.line, l.units, l.price_minor, l.total_minor, l.tax_bp, l.tax_minor
        FROM order_line l
        LEFT JOIN orders o ON o.id = l.order_id
        WHERE o.id IS NULL OR l.units <= 0 OR l.price_minor < 0 OR l.total_minor <> l.price_minor * l.units
            OR (2 * l.tax_minor - 1) * (10000 + l.tax_bp) > 2 * l.total_minor * l.tax_bp
            OR (2 * l.tax_minor + 1) * (10000 + l.tax_bp) <= 2 * l.total_minor * l.tax_bp
        """,
    ),
    Check(
        "line-price",
        "16",
        "a line costs what its version of the offer cost: the offer's price now, if it is that version, and one price "
        "for all orders that saw one version; an order in place of another costs what was paid, which is not less",
        """
        SELECT l.sku, l.offer_version, MIN(l.price_minor) AS lowest_minor, MAX(l.price_minor) AS highest_minor,
               f.version AS version_now, f.price_minor AS price_now_minor
        FROM order_line l
        LEFT JOIN offer f ON f.sku = l.sku
        WHERE l.order_id NOT IN (SELECT id FROM orders WHERE replaces IS NOT NULL)
        GROUP BY l.sku, l.offer_version, f.version, f.price_minor
        HAVING MIN(l.price_minor) <> MAX(l.price_minor) OR f.version IS NULL OR l.offer_version > f.version
            OR (l.offer_version = f.version AND MAX(l.price_minor) <> COALESCE(f.price_minor, -1))
        UNION ALL
        SELECT l.sku, l.offer_version, l.price_minor, l.price_minor, f.version, f.price_minor
        FROM orders o
        JOIN order_line l ON l.order_id = o.id
        LEFT JOIN offer f ON f.sku = l.sku
        WHERE o.replaces IS NOT NULL AND (
            f.version IS NULL OR l.offer_version > f.version
            OR (l.offer_version = f.version AND l.price_minor < COALESCE(f.price_minor, 0))
        )
        """,
    ),
    Check(
        "payment-amount",
        "16",
        "what the gateway is asked for is the order's total in the order's currency, and the order is there",
        """
        SELECT p.id AS payment_id, p.order_id, p.amount_minor, o.total_minor, p.currency, o.currency AS order_currency
        FROM payment p
        LEFT JOIN orders o ON o.id = p.order_id
        WHERE o.id IS NULL OR p.amount_minor <> o.total_minor OR p.currency <> o.currency
        """,
    ),
)
