"""Stock: counts, movements and holds say the same."""

from typing import Final

from haat_verify.check import Check

_SNAPSHOT: Final = "CASE WHEN JSON_VALID(CAST(o.snapshot AS CHAR)) THEN CAST(o.snapshot AS CHAR) ELSE '{}' END"
_PART: Final = "'$.parts[' || (h.part - 1) || ']."  # parts are numbered from 1, the list from 0
_PROMISED: Final = "JSON_EXTRACT({}, {})".format(
    _SNAPSHOT, ", ".join(f"{_PART}{name}'" for name in ("part", "sku", "warehouse", "bucket", "units"))
)
"""What the order's row promised of a hold, as a JSON list. (MySQL: JSON_ARRAY_LENGTH below is JSON_LENGTH.)"""

STOCK: Final = (
    Check(
        "stock-bounds",
        "1",
        "0 ≤ held ≤ on hand, of every stock row",
        "SELECT sku, warehouse, bucket, on_hand, held FROM stock WHERE held < 0 OR on_hand < held",
    ),
    Check(
        "stock-conserved",
        "2",
        "what came in (received, restated, adjusted, returned) is on hand or was shipped with an order",
        """
        SELECT m.sku, m.warehouse, m.bucket, m.came AS came_in, COALESCE(s.on_hand, 0) AS on_hand,
               COALESCE(k.consumed, 0) AS shipped
        FROM moved m
        LEFT JOIN stock s ON s.sku = m.sku AND s.warehouse = m.warehouse AND s.bucket = m.bucket
        LEFT JOIN kept k ON k.sku = m.sku AND k.warehouse = m.warehouse AND k.bucket = m.bucket
        WHERE m.came <> COALESCE(s.on_hand, 0) + COALESCE(k.consumed, 0)
        """,
        sums=True,
    ),
    Check(
        "stock-rebalanced",
        "2",
        "what is moved between the buckets of a warehouse is neither more nor less afterwards",
        """
        SELECT reference, sku, warehouse, SUM(d_on_hand) AS d_on_hand
        FROM movement
        WHERE reason = 'rebalance'
        GROUP BY reference, sku, warehouse
        HAVING SUM(d_on_hand) <> 0 OR SUM(ABS(d_held)) <> 0
        """,
    ),
    Check(
        "stock-ledger",
        "3",
        "on hand and held are the sums of the row's movements",
        """
        SELECT s.sku, s.warehouse, s.bucket, s.on_hand, COALESCE(m.d_on_hand, 0) AS moved_on_hand, s.held,
               COALESCE(m.d_held, 0) AS moved_held
        FROM stock s
        LEFT JOIN moved m ON m.sku = s.sku AND m.warehouse = s.warehouse AND m.bucket = s.bucket
        WHERE s.on_hand <> COALESCE(m.d_on_hand, 0) OR s.held <> COALESCE(m.d_held, 0)
        UNION ALL
        SELECT m.sku, m.warehouse, m.bucket, NULL, m.d_on_hand, NULL, m.d_held
        FROM moved m
        LEFT JOIN stock s ON s.sku = m.sku AND s.warehouse = m.warehouse AND s.bucket = m.bucket
        WHERE s.sku IS NULL
        """,
        sums=True,
    ),
    Check(
        "stock-holds",
        "4",
        "held is the sum of the row's open holds",
        """
        SELECT s.sku, s.warehouse, s.bucket, s.held, COALESCE(k.still_open, 0) AS open_holds
        FROM stock s
        LEFT JOIN kept k ON k.sku = s.sku AND k.warehouse = s.warehouse AND k.bucket = s.bucket
        WHERE s.held <> COALESCE(k.still_open, 0)
        UNION ALL
        SELECT k.sku, k.warehouse, k.bucket, NULL, k.still_open
        FROM kept k
        LEFT JOIN stock s ON s.sku = k.sku AND s.warehouse = k.warehouse AND s.bucket = k.bucket
        WHERE s.sku IS NULL
        """,
        sums=True,
    ),
    Check(
        "hold-movements",
        "4",
        "each taking, releasing and shipping of a hold has its movement, and no movement of holds is without one",
        """
        SELECT COALESCE(m.sku, k.sku) AS sku, COALESCE(m.warehouse, k.warehouse) AS warehouse,
               COALESCE(m.bucket, k.bucket) AS bucket, k.taken, m.taken AS moved_in, k.released,
               m.released AS moved_back, k.consumed, m.shipped AS moved_out
        FROM kept k
        LEFT JOIN moved m ON m.sku = k.sku AND m.warehouse = k.warehouse AND m.bucket = k.bucket
        WHERE m.sku IS NULL OR m.taken <> k.taken OR m.released <> k.released OR m.shipped <> k.consumed
        UNION ALL
        SELECT m.sku, m.warehouse, m.bucket, 0, m.taken, 0, m.released, 0, m.shipped
        FROM moved m
        LEFT JOIN kept k ON k.sku = m.sku AND k.warehouse = m.warehouse AND k.bucket = m.bucket
        WHERE k.sku IS NULL AND (m.taken <> 0 OR m.released <> 0 OR m.shipped <> 0)
        """,
        sums=True,
    ),
    Check(
        "hold-fits-order",
        "5",
        "a hold is as its order: held while unpaid, committed when placed, consumed when shipped, released when off",
        """
        SELECT h.order_id, h.part, h.state AS hold, o.state AS order_state
        FROM hold h
        LEFT JOIN orders o ON o.id = h.order_id
        WHERE o.id IS NULL OR h.state <> CASE o.state
            WHEN 'CREATED' THEN 'held'
            WHEN 'PLACED' THEN 'committed'
            WHEN 'PACKED' THEN 'committed'
            WHEN 'SHIPPED' THEN 'consumed'
            WHEN 'DELIVERED' THEN 'consumed'
            ELSE CASE WHEN EXISTS (
                SELECT 1 FROM order_event e
                WHERE e.order_id = o.id AND e.from_state = 'SHIPPED' AND e.to_state = 'CANCELLED'
            ) THEN 'consumed' ELSE 'released' END
        END
        """,
    ),
    Check(
        "holds-fit-lines",
        "5",
        "an order holds exactly what its lines say, sku by sku",
        """
        SELECT order_id, sku, ordered, held
        FROM (
            SELECT l.order_id, l.sku, SUM(l.units) AS ordered, (
                       SELECT COALESCE(SUM(h.units), 0) FROM hold h
                       WHERE h.order_id = l.order_id AND h.sku || '' = l.sku  -- by its order, not by its sku
                   ) AS held
            FROM order_line l
            GROUP BY l.order_id, l.sku
        ) sums
        WHERE ordered <> held
        UNION ALL
        SELECT h.order_id, h.sku, 0, h.units
        FROM hold h
        WHERE NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = h.order_id AND l.sku = h.sku)
        """,
    ),
    Check(
        "parts-fit-lines",
        "5",
        "what an order was promised from which warehouse is what it holds there, part by part, each of its line",
        f"""
        SELECT h.order_id, h.part, {_PROMISED} AS promised, h.sku, h.warehouse, h.bucket, h.units, l.sku AS line_sku
        FROM hold h
        JOIN orders o ON o.id = h.order_id
        LEFT JOIN order_line l ON l.order_id = h.order_id AND l.line = JSON_EXTRACT({_SNAPSHOT}, {_PART}line')
        WHERE {_PROMISED} <> JSON_ARRAY(h.part, h.sku, h.warehouse, h.bucket, h.units)
            OR l.sku IS NULL OR l.sku <> h.sku
        UNION ALL
        SELECT o.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM orders o
        WHERE COALESCE(JSON_ARRAY_LENGTH({_SNAPSHOT}, '$.parts'), -1)
            <> (SELECT COUNT(*) FROM hold h WHERE h.order_id = o.id)
        """,  # noqa: S608 -- our own constants
    ),
    Check(
        "no-oversell",
        "6",
        "no more of a sku was sold and not taken back before it left than ever came in",
        """
        SELECT sold.sku, sold.units AS sold, COALESCE(came.units, 0) AS came_in
        FROM (
            SELECT l.sku, SUM(l.units) AS units
            FROM order_line l
            JOIN orders o ON o.id = l.order_id
            WHERE o.state IN ('PLACED', 'PACKED', 'SHIPPED', 'DELIVERED')
            GROUP BY l.sku
        ) sold
        LEFT JOIN (SELECT sku, SUM(came) AS units FROM moved GROUP BY sku) came ON came.sku = sold.sku
        WHERE sold.units > COALESCE(came.units, 0)
        """,
        sums=True,
    ),
)
