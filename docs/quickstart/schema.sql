-- A shop's database with many tenants: what belongs to a tenant is distributed by tenant_id, and so lives
-- together on one node; the products that all tenants sell are on every node.

CREATE TABLE tenants (
	tenant_id int PRIMARY KEY,
	name text NOT NULL,
	plan text NOT NULL CHECK (plan IN ('free', 'team', 'business')),
	created_at timestamptz NOT NULL
);

CREATE TABLE users (
	tenant_id int REFERENCES tenants,
	user_id int,
	email text NOT NULL,
	PRIMARY KEY (tenant_id, user_id)
);

CREATE TABLE products (
	product_id int PRIMARY KEY,
	name text NOT NULL,
	category text NOT NULL,
	price numeric(10, 2) NOT NULL
);

CREATE TABLE orders (
	tenant_id int,
	order_id bigint,
	user_id int NOT NULL,
	status text NOT NULL,
	placed_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, order_id),
	FOREIGN KEY (tenant_id, user_id) REFERENCES users
);

CREATE TABLE order_lines (
	tenant_id int,
	order_id bigint,
	line int,
	product_id int NOT NULL REFERENCES products,
	quantity int NOT NULL,
	price numeric(10, 2) NOT NULL,
	PRIMARY KEY (tenant_id, order_id, line),
	FOREIGN KEY (tenant_id, order_id) REFERENCES orders
);

CREATE TABLE events (
	tenant_id int NOT NULL,
	event_id bigint,
	user_id int NOT NULL,
	kind text NOT NULL,
	happened_at timestamptz NOT NULL,
	details jsonb NOT NULL,
	PRIMARY KEY (tenant_id, event_id)
);

-- Tables that refer to each other are distributed in one transaction.
BEGIN;
SELECT create_reference_table('products');
SELECT create_distributed_table('tenants', 'tenant_id');
SELECT create_distributed_table('users', 'tenant_id', colocate_with => 'tenants');
SELECT create_distributed_table('orders', 'tenant_id', colocate_with => 'tenants');
SELECT create_distributed_table('order_lines', 'tenant_id', colocate_with => 'tenants');
SELECT create_distributed_table('events', 'tenant_id', colocate_with => 'tenants');
COMMIT;

INSERT INTO products
SELECT i, 'Product ' || i, (ARRAY['Books', 'Games', 'Garden', 'Kitchen', 'Music', 'Office', 'Sports', 'Tools'])[1 + i % 8],
	0.99 + i % 200
FROM generate_series(1, 1000) i;

INSERT INTO tenants
SELECT i, 'Tenant ' || i, (ARRAY['free', 'free', 'team', 'business'])[1 + i % 4],
	'2022-01-01 UTC'::timestamptz + i * interval '11 hours'
FROM generate_series(1, 1000) i;

INSERT INTO users
SELECT 1 + i / 20, i, 'user' || i || '@tenant' || 1 + i / 20 || '.example'
FROM generate_series(0, 19999) i;
