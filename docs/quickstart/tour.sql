\pset footer off
\echo
\echo '-- Where the shards live:'
\echo
\set ECHO queries
SELECT * FROM distshard.tables;
SELECT * FROM distshard.nodes;
SELECT * FROM distshard.shards WHERE table_name = 'orders'::regclass LIMIT 4;
\set ECHO none
\echo
\echo '-- One tenant: its key names the shard, so only the node that holds it is asked.'
\echo
\set ECHO queries
SELECT order_id, status, placed_at FROM orders WHERE tenant_id = 42 ORDER BY placed_at DESC LIMIT 3;
EXPLAIN (COSTS OFF)
SELECT order_id, status, placed_at FROM orders WHERE tenant_id = 42 ORDER BY placed_at DESC LIMIT 3;
\set ECHO none
\echo
\echo '-- A join on the key: rows that match live on the same node, so every node joins its own.'
\echo
\set ECHO queries
SELECT t.name, sum(l.quantity * l.price) AS revenue
FROM tenants t
JOIN orders o USING (tenant_id)
JOIN order_lines l USING (tenant_id, order_id)
JOIN products p USING (product_id)
WHERE o.status = 'paid' AND p.category = 'Books'
GROUP BY t.tenant_id ORDER BY revenue DESC LIMIT 3;
EXPLAIN (COSTS OFF)
SELECT t.name, sum(l.quantity * l.price) AS revenue
FROM tenants t
JOIN orders o USING (tenant_id)
JOIN order_lines l USING (tenant_id, order_id)
JOIN products p USING (product_id)
WHERE o.status = 'paid' AND p.category = 'Books'
GROUP BY t.tenant_id ORDER BY revenue DESC LIMIT 3;
\set ECHO none
\echo
\echo '-- An aggregate over the whole cluster: every node adds up its own rows, the coordinator their sums.'
\echo
\set ECHO queries
SELECT status, count(*), max(placed_at) FROM orders GROUP BY status ORDER BY status;
EXPLAIN (COSTS OFF)
SELECT status, count(*), max(placed_at) FROM orders GROUP BY status ORDER BY status;
