-- pushable: ordered sets by tenant
SELECT tenant_id, percentile_cont(0.95) WITHIN GROUP (ORDER BY duration) AS p95 FROM event GROUP BY tenant_id
ORDER BY p95 DESC, tenant_id LIMIT 10;
