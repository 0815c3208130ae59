Roles, policies, column privileges, views of other owners, triggers, rules.

--- include shop.tables

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;
DO $$ BEGIN IF to_regrole('bob') IS NULL THEN CREATE ROLE bob LOGIN; END IF; END $$;
DO $$ BEGIN IF to_regrole('staff') IS NULL THEN CREATE ROLE staff; END IF; END $$;
DO $$ BEGIN IF NOT pg_has_role('ann', 'staff', 'member') THEN GRANT staff TO ann; END IF; END $$;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.note := coalesce(NEW.note, '') || '<' || TG_OP || ' ' || TG_WHEN || ' ' || TG_TABLE_NAME || ' ' || current_user || '>';
	RETURN NEW;
END $$;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.id = 3 THEN RETURN NULL; END IF;
	IF OLD.id = 5 THEN RAISE EXCEPTION 'order % of % is final', OLD.id, OLD.tenant USING ERRCODE = 'P0007'; END IF;
	RETURN OLD;
END $$;
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE '% % % on %.%, arguments %', TG_NAME, TG_OP, TG_LEVEL, TG_TABLE_SCHEMA = current_schema(), TG_TABLE_NAME, TG_ARGV;
	RETURN NULL;
END $$;
CREATE FUNCTION log_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log VALUES (NEW.tenant, TG_OP || ' ' || NEW.line);
	RETURN NEW;
END $$;
--- after
CREATE FUNCTION count_orders() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM orders';
CREATE FUNCTION count_mine() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM orders';

--- tables
CREATE TABLE log (tenant int, what text);
CREATE TABLE docs (owner text, id int, body text, secret text);
ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON docs USING (owner = current_user);
CREATE POLICY shared ON docs FOR SELECT TO staff USING (id > 5);
CREATE POLICY small ON docs AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (id < 100);
GRANT SELECT, INSERT, UPDATE, DELETE ON docs TO ann, bob;
GRANT SELECT (tenant, id, name), UPDATE (name) ON users TO ann;
GRANT SELECT ON orders, products TO ann;
GRANT INSERT, SELECT ON lines TO bob;
GRANT REFERENCES ON orders TO bob;
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON orders FOR EACH ROW WHEN (NEW.id < 50) EXECUTE FUNCTION stamp();
CREATE TRIGGER refuse BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON settings FOR EACH STATEMENT EXECUTE FUNCTION tell('x', 'y');
CREATE TRIGGER log_line AFTER INSERT OR UPDATE ON lines FOR EACH ROW EXECUTE FUNCTION log_line();
CREATE TRIGGER told AFTER UPDATE OF quantity ON lines FOR EACH ROW WHEN (OLD.quantity <> NEW.quantity) EXECUTE FUNCTION tell();

--- distribute
SELECT create_distributed_table('log', 'tenant', colocate_with => 'users');
SELECT create_distributed_table('docs', 'id');

--- data
INSERT INTO docs SELECT (ARRAY['ann', 'bob', 'postgres'])[1 + d % 3], d, 'body ' || d, 'secret ' || d FROM generate_series(1, 12) d;

--- here
CREATE VIEW names AS SELECT tenant, id, name, born FROM users;
GRANT SELECT, UPDATE ON names TO ann;
CREATE VIEW all_docs AS SELECT * FROM docs;
GRANT SELECT ON all_docs TO ann, bob;
CREATE VIEW my_docs WITH (security_invoker) AS SELECT * FROM docs;
GRANT SELECT ON my_docs TO ann, bob;
CREATE VIEW safe WITH (security_barrier) AS SELECT tenant, id, total FROM orders WHERE tenant < 3;
GRANT SELECT ON safe TO ann, bob;
CREATE VIEW shop AS SELECT p.name, count(l.line) AS n FROM products p LEFT JOIN lines l ON l.product = p.id GROUP BY p.name;
GRANT SELECT ON shop TO bob;
CREATE TABLE ruled (tenant int, id int);
CREATE RULE r AS ON INSERT TO ruled DO INSTEAD INSERT INTO orders (tenant, id) VALUES (NEW.tenant, NEW.id);
CREATE VIEW pairs AS SELECT u.tenant, u.id, u.name, o.total FROM users u JOIN orders o USING (tenant, id);
CREATE RULE u AS ON UPDATE TO pairs DO INSTEAD UPDATE orders SET total = NEW.total WHERE tenant = OLD.tenant AND id = OLD.id;

--- statements

-- triggers
INSERT INTO orders (tenant, id) VALUES (1, 20) RETURNING note;

INSERT INTO orders (tenant, id, note) VALUES (1, 20, 'a'), (2, 20, 'b'), (3, 70, 'c') RETURNING tenant, note;

INSERT INTO orders (tenant, id) SELECT tenant, 30 FROM users WHERE id = 1 RETURNING note;

UPDATE orders SET total = 1 WHERE tenant = 4 RETURNING id, note;

UPDATE orders SET total = 1;

INSERT INTO orders (tenant, id) VALUES (1, 1) ON CONFLICT (tenant, id) DO UPDATE SET total = 3 RETURNING note;

DELETE FROM orders WHERE tenant = 4 AND id IN (2, 3) RETURNING id;

DELETE FROM orders WHERE id < 4 RETURNING tenant, id;

DELETE FROM orders WHERE tenant = 4;

SET ROLE bob;
INSERT INTO lines VALUES (1, 1, 1, 2, 7) ON CONFLICT (tenant, order_id, line) DO UPDATE SET quantity = excluded.quantity;
RESET ROLE;
GRANT UPDATE (quantity) ON lines TO bob;
SET ROLE bob;
INSERT INTO lines VALUES (1, 1, 1, 2, 7) ON CONFLICT (tenant, order_id, line) DO UPDATE SET quantity = excluded.quantity RETURNING *;
INSERT INTO lines VALUES (1, 1, 1, 2, 8), (2, 1, 1, 2, 8) ON CONFLICT (tenant, order_id, line) DO UPDATE SET quantity = excluded.quantity;

INSERT INTO settings VALUES ('a', 'b'), ('c', 'd');

UPDATE settings SET value = 'x' WHERE false;

UPDATE settings SET value = 'x';

DELETE FROM settings WHERE name = 'Zone' RETURNING *;

TRUNCATE settings;

INSERT INTO lines VALUES (1, 1, 50, 1, 1), (2, 1, 50, 1, 1);
SELECT * FROM log;

UPDATE lines SET quantity = quantity + 1 WHERE tenant = 3 AND order_id = 1;
SELECT * FROM log;

COPY orders (tenant, id) FROM STDIN;
1	21
2	22
\.
SELECT tenant, id, note FROM orders WHERE id > 20;

-- rules
INSERT INTO ruled VALUES (1, 40);
SELECT note FROM orders WHERE id = 40;

INSERT INTO ruled SELECT tenant, 41 FROM users WHERE id = 1;

UPDATE pairs SET total = 77 WHERE tenant = 2 AND id = 2;

UPDATE pairs SET total = 77 WHERE id = 2;

-- privileges
-- as: ann
SELECT tenant, id, name FROM users WHERE tenant = 2;

-- as: ann
SELECT * FROM users WHERE tenant = 2;

-- as: ann
SELECT count(*) FROM users;

-- as: ann
SELECT born FROM users;

-- as: ann
SELECT name FROM users WHERE born IS NOT NULL;

-- as: ann
UPDATE users SET name = 'ann' WHERE tenant = 2 AND id = 1;
SELECT name FROM users WHERE tenant = 2;

-- as: ann
UPDATE users SET name = 'ann';

-- as: ann
UPDATE users SET name = 'ann' WHERE tenant = 2 RETURNING born;

-- as: ann
UPDATE users SET born = NULL WHERE tenant = 2;

-- as: ann
DELETE FROM users WHERE tenant = 2;

-- as: ann
INSERT INTO orders (tenant, id) VALUES (1, 1000);

-- as: ann
SELECT sum(total), count(*) FROM orders;

-- as: ann
SELECT * FROM orders WHERE tenant = 1 FOR UPDATE;

-- as: ann
TRUNCATE orders;

-- as: ann
SELECT count(*) FROM lines;

-- as: ann
SELECT name FROM products WHERE id = 1;

-- as: ann
UPDATE products SET price = 1;

-- as: ann
COPY orders TO STDOUT;

-- as: ann
COPY users TO STDOUT;

-- as: ann
COPY users (tenant, name) TO STDOUT;

-- as: bob
INSERT INTO lines VALUES (1, 1, 60) RETURNING *;

-- as: bob
INSERT INTO lines SELECT tenant, order_id, 61 FROM lines WHERE line = 1;

-- as: bob
SELECT count(*) FROM orders;

-- as: bob
SELECT l.line, o.id FROM lines l JOIN orders o ON o.tenant = l.tenant AND o.id = l.order_id WHERE l.tenant = 1;

-- views owned by another role
-- as: ann
SELECT * FROM names WHERE tenant = 3;

-- as: ann
SELECT count(*), max(born) FROM names;

-- as: ann
UPDATE names SET born = '2000-01-01' WHERE tenant = 3 AND id = 2;
SELECT born FROM names WHERE tenant = 3;

-- as: ann
SELECT n.born, u.name FROM names n JOIN users u USING (tenant, id) WHERE tenant = 3;

-- as: bob
SELECT * FROM names;

-- as: bob
SELECT * FROM shop ORDER BY name;

-- as: bob
SELECT * FROM safe WHERE tenant = 2;

-- as: bob
SELECT sum(total) FROM safe;

-- as: bob
SELECT count(*) FROM safe WHERE tenant / (3 - tenant) > 0;

-- as: bob
SELECT count_orders();

-- as: bob
SELECT count_mine();

-- as: bob
SELECT l.line, count_orders() FROM lines l WHERE tenant = 1 AND order_id = 1;

-- policies
-- as: ann
SELECT id, owner FROM docs;

-- as: ann
SELECT * FROM docs WHERE id = ${3|6|1|7:int};

-- as: bob
SELECT count(*), min(id) FROM docs;

-- as: bob
SELECT * FROM docs WHERE id = ${1|4|2:int};

-- as: bob
INSERT INTO docs VALUES ('bob', 50, 'x') RETURNING *;

-- as: bob
INSERT INTO docs VALUES ('ann', 50, 'x');

-- as: bob
INSERT INTO docs VALUES ('bob', 51, 'x'), ('ann', 52, 'x');

-- as: bob
UPDATE docs SET body = 'mine' RETURNING id;

-- as: bob
UPDATE docs SET id = id + 20, body = 'moved' RETURNING id, owner;

-- as: bob
UPDATE docs SET id = ${40|140|41|42|7:int} WHERE id = ${1|1|2|40|40:int} RETURNING owner;

-- as: ann
UPDATE docs SET id = d.id + 50, owner = 'bob' FROM all_docs d WHERE d.id = docs.id AND d.secret < docs.secret;

-- as: bob
UPDATE docs SET body = 'mine' WHERE id = ${1|2:int} RETURNING owner;

-- as: bob
UPDATE docs SET owner = 'ann' WHERE id = 1;

-- as: bob
DELETE FROM docs RETURNING id;

-- as: ann
DELETE FROM docs WHERE id = 8;

-- as: ann
SELECT count(*) FROM all_docs;

-- as: ann
SELECT count(*) FROM my_docs;

-- as: ann
SELECT d.id, e.id FROM docs d JOIN docs e ON e.id = d.id + 1;

-- as: ann
COPY docs (id, owner) TO STDOUT;

-- as: ann
COPY docs FROM STDIN;
ann	60	x	y
bob	61	x	y
\.

-- as: bob
WITH d AS (SELECT * FROM docs) SELECT count(*) FROM d, my_docs m WHERE m.id = d.id;

-- as: bob
INSERT INTO docs SELECT 'bob', id + 20, body, secret FROM docs RETURNING id;

-- as: bob
INSERT INTO docs VALUES ('bob', 1, 'x') ON CONFLICT DO NOTHING;

-- changing roles
SET ROLE bob;
SELECT count(*) FROM docs;
SELECT count(*) FROM orders;

SET ROLE ann;
SELECT count(*) FROM docs;
RESET ROLE;
SELECT count(*) FROM docs;

BEGIN;
SET LOCAL ROLE bob;
SELECT id FROM docs WHERE id = 1;
UPDATE docs SET body = current_user || session_user;
COMMIT;
SELECT body, count(*) FROM docs WHERE body NOT LIKE 'body%' GROUP BY 1;

SET SESSION AUTHORIZATION ann;
SELECT count(*) FROM docs;
SELECT count(*) FROM lines;

SET row_security = off;
SELECT count(*) FROM docs;

-- as: bob
SET row_security = off;
SELECT count(*) FROM docs;

-- data tables are nobody's
-- as: ann
-- undefined
SELECT 1 FROM distshard_nothing.orders;

-- as: ann
/*distshard shard=1.1*/ SELECT count(*) FROM lines;
