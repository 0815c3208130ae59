-- pushable: one table
SELECT date_bin('1 hour', at, '2026-01-01 00:00+00') AS hour, kind, count(*), sum(amount) FROM event
WHERE at >= '2026-03-20' GROUP BY 1, 2 ORDER BY 1, 2;
