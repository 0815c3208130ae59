-- pushable: users belong to one tenant
SELECT count(*) AS saw, count(*) FILTER (WHERE added > seen) AS added, count(*) FILTER (WHERE bought > added) AS bought
FROM (SELECT min(at) FILTER (WHERE kind = 'view') AS seen, min(at) FILTER (WHERE kind = 'add to cart') AS added,
			max(at) FILTER (WHERE kind = 'buy') AS bought
		FROM event GROUP BY tenant_id, user_id) steps
WHERE seen IS NOT NULL;
