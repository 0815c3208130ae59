-- pushable: windows by tenant
SELECT tenant_id, page, n FROM (SELECT tenant_id, page, count(*) AS n,
			row_number() OVER (PARTITION BY tenant_id ORDER BY count(*) DESC, page) AS place
		FROM event WHERE at >= '2026-03-01' GROUP BY tenant_id, page) pages
WHERE place <= 3 ORDER BY tenant_id, n DESC, page;
