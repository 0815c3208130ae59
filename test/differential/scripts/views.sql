Views and materialized views over distributed tables, and tables made from queries on them.

--- include shop.tables

--- everywhere
DO $$ BEGIN IF to_regrole('reader') IS NULL THEN CREATE ROLE reader LOGIN; END IF; END $$;

--- after
CREATE VIEW totals AS SELECT tenant, count(*) AS orders, sum(total) AS total FROM orders GROUP BY tenant;
CREATE VIEW nested AS SELECT t.*, u.name FROM totals t JOIN users u ON u.tenant = t.tenant AND u.id = 1;
CREATE VIEW safe WITH (security_barrier) AS SELECT * FROM orders WHERE note IS NOT NULL;
GRANT SELECT ON totals, nested TO reader;

--- here
CREATE TABLE notes (tenant int, note text);
INSERT INTO notes SELECT t, 'local ' || t FROM generate_series(0, 12, 2) t;
CREATE MATERIALIZED VIEW mat AS SELECT tenant, kind, count(*) AS n, max(at) AS last FROM events GROUP BY tenant, kind;
CREATE UNIQUE INDEX ON mat (tenant, kind);
CREATE MATERIALIZED VIEW mat_key AS SELECT id, name, price FROM products;
CREATE UNIQUE INDEX ON mat_key (id);
CREATE MATERIALIZED VIEW mixed AS SELECT u.tenant, u.name, n.note FROM users u LEFT JOIN notes n USING (tenant) WHERE u.id = 2;
CREATE MATERIALIZED VIEW empty_mat AS SELECT tenant, total FROM totals WITH NO DATA;

--- statements
SELECT * FROM mat ORDER BY tenant, kind

SELECT * FROM mixed ORDER BY tenant

SELECT * FROM empty_mat

SELECT * FROM nested WHERE tenant = ${4:int}

SELECT * FROM nested ORDER BY tenant

SELECT o.id, m.n FROM orders o JOIN mat m ON m.tenant = o.tenant AND m.kind = 'buy' ORDER BY o.tenant, o.id

UPDATE orders SET note = m.kind FROM mat m WHERE m.tenant = orders.tenant AND m.n = 1 AND m.kind = '' RETURNING orders.tenant, id, note

INSERT INTO settings SELECT DISTINCT kind, 'from mat' FROM mat WHERE kind IS NOT NULL RETURNING name

INSERT INTO events SELECT 'view', '2024-02-02', tenant FROM users WHERE id = 1;
SELECT count(*) FROM mat;
REFRESH MATERIALIZED VIEW mat;
SELECT * FROM mat ORDER BY tenant, kind;

DELETE FROM products WHERE id > 12;
UPDATE products SET price = 0 WHERE id < 3;
INSERT INTO products VALUES (50, 'fifty', 50);
REFRESH MATERIALIZED VIEW CONCURRENTLY mat_key;
SELECT * FROM mat_key ORDER BY id;

REFRESH MATERIALIZED VIEW empty_mat;
SELECT * FROM empty_mat ORDER BY tenant;
REFRESH MATERIALIZED VIEW empty_mat WITH NO DATA;
SELECT * FROM empty_mat;

DELETE FROM events WHERE kind IS NULL;
REFRESH MATERIALIZED VIEW CONCURRENTLY mat;
SELECT count(*), count(kind) FROM mat;

REFRESH MATERIALIZED VIEW CONCURRENTLY mixed;

CREATE MATERIALIZED VIEW m2 AS SELECT * FROM nested UNION ALL SELECT tenant, 0, NULL, note FROM notes;
SELECT * FROM m2 ORDER BY 1, 2, 3, 4;
DROP MATERIALIZED VIEW m2;

CREATE MATERIALIZED VIEW m3 AS WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT n, (SELECT count(*) FROM lines l WHERE l.line = n) AS lines FROM r;
SELECT * FROM m3 ORDER BY n;

CREATE TABLE copied AS SELECT tenant, id, total FROM orders WHERE total > 20;
SELECT count(*), sum(total) FROM copied;

SELECT tenant, sum(total) AS s INTO summed FROM orders GROUP BY tenant;
SELECT * FROM summed ORDER BY tenant;

BEGIN;
CREATE TEMP TABLE temporary ON COMMIT DROP AS SELECT u.*, m.n FROM users u LEFT JOIN mat m ON m.tenant = u.tenant AND m.kind = 'view';
SELECT tenant, id, n FROM temporary ORDER BY 1, 2;
COMMIT;

CREATE TABLE nothing AS SELECT * FROM orders WITH NO DATA;
SELECT * FROM nothing;

PREPARE q (int) AS SELECT tenant, id FROM orders WHERE id = $1;
CREATE TABLE executed AS EXECUTE q (3);
SELECT * FROM executed ORDER BY 1, 2;
DEALLOCATE q;

CREATE VIEW own AS SELECT * FROM orders WHERE tenant = 3 WITH CHECK OPTION;
INSERT INTO own (tenant, id) VALUES (3, 99);
SELECT tenant, id FROM own ORDER BY id;
INSERT INTO own (tenant, id) VALUES (4, 99);

CREATE VIEW plain AS SELECT tenant, id, note FROM orders;
UPDATE plain SET note = 'through' WHERE id = 2;
DELETE FROM plain WHERE tenant = 5;
SELECT count(*), count(*) FILTER (WHERE note = 'through') FROM plain;
DROP VIEW plain;

CREATE OR REPLACE VIEW totals AS SELECT tenant, count(*) AS orders, sum(total) AS total, max(id) AS last FROM orders GROUP BY tenant;
SELECT * FROM totals ORDER BY tenant;
SELECT * FROM nested ORDER BY tenant;

-- as: reader
SELECT * FROM nested ORDER BY tenant

-- as: reader
SELECT * FROM orders

-- as: reader
SELECT * FROM mat
