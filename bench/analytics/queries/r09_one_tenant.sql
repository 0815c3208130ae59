-- pushable: one shard
SELECT date_trunc('day', at AT TIME ZONE 'UTC') AS day, count(*), count(DISTINCT user_id), sum(amount) FROM event
WHERE tenant_id = 3 GROUP BY 1 ORDER BY 1;
