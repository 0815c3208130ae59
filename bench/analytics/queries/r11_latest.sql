-- pushable: limits go down
SELECT tenant_id, event_id, kind, at FROM event ORDER BY at DESC, event_id LIMIT 50;
