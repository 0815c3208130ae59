-- One part of the data: the orders numbered :first to :last, their lines, and events. Some tenants are much
-- larger than others.

INSERT INTO orders
SELECT tenant_id, i, (tenant_id - 1) * 20 + i % 20,
	(ARRAY['paid', 'paid', 'paid', 'shipped', 'shipped', 'open', 'cancelled'])[1 + i % 7],
	'2024-01-01 UTC'::timestamptz + i * interval '2 minutes'
FROM (SELECT i, 1 + (i * 7919 % 10007) * (i * 7919 % 10007) / 100141 AS tenant_id
	FROM generate_series(:first::bigint, :last) i) AS numbered;

INSERT INTO order_lines
SELECT o.tenant_id, o.order_id, line, p.product_id, 1 + (o.order_id + line) % 3, p.price
FROM orders o
CROSS JOIN LATERAL generate_series(1, 1 + o.order_id % 4) line
JOIN products p ON p.product_id = 1 + (o.order_id * 31 + line * 17) % 1000
WHERE o.order_id BETWEEN :first AND :last;

INSERT INTO events
SELECT tenant_id, i, (tenant_id - 1) * 20 + i % 20,
	(ARRAY['login', 'view', 'view', 'view', 'search', 'add to cart'])[1 + i % 6],
	'2024-01-01 UTC'::timestamptz + i * interval '80 seconds',
	jsonb_build_object('page', '/products/' || 1 + i % 1000, 'ms', i * 31 % 900)
FROM (SELECT i, 1 + (i * 7901 % 10007) * (i * 7901 % 10007) / 100141 AS tenant_id
	FROM generate_series((:first - 1) * 3::bigint / 2 + 1, :last * 3::bigint / 2) i) AS numbered;
