-- pushable: users belong to one tenant
SELECT count(*) AS saw, count(added) AS added, count(bought) AS bought
FROM (SELECT tenant_id, user_id, min(at) AS seen FROM event WHERE kind = 'view' GROUP BY 1, 2) v
	LEFT JOIN LATERAL (SELECT min(at) AS added FROM event e
		WHERE e.tenant_id = v.tenant_id AND e.user_id = v.user_id AND kind = 'add to cart' AND at > seen) a ON true
	LEFT JOIN LATERAL (SELECT min(at) AS bought FROM event e
		WHERE e.tenant_id = v.tenant_id AND e.user_id = v.user_id AND kind = 'buy' AND at > added) b ON true
WHERE tenant_id = 7;
