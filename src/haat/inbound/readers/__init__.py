"""From bytes to rows: one reader per syntax (CSV, JSON, XML), all streaming, all with limits."""
