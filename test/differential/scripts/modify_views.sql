Writing through views: check options, security barriers, policies.

--- include shop.tables

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;
CREATE FUNCTION louder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;

--- tables
CREATE TABLE docs (owner text, id int, body text, secret text);
ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON docs USING (owner = current_user);
GRANT SELECT, INSERT, UPDATE, DELETE ON docs TO ann;
GRANT SELECT ON products TO ann;
CREATE TRIGGER louder BEFORE INSERT OR UPDATE ON users FOR EACH ROW WHEN (NEW.id > 2) EXECUTE FUNCTION louder();

--- distribute
SELECT create_distributed_table('docs', 'id');

--- data
INSERT INTO docs SELECT (ARRAY['ann', 'bob', 'postgres'])[1 + d % 3], d, 'body ' || d, 'secret ' || d FROM generate_series(1, 12) d;

--- here
CREATE TABLE allowed (tenant int);
INSERT INTO allowed VALUES (1), (2), (3);
GRANT SELECT ON allowed TO ann;
CREATE VIEW unconditional AS SELECT * FROM orders WITH CASCADED CHECK OPTION;
CREATE TEMP VIEW fleeting AS SELECT tenant, id, note FROM orders WHERE id < 4;
CREATE VIEW cheap AS SELECT tenant, id, total, note FROM orders WHERE total < 20 WITH CHECK OPTION;
CREATE VIEW noted AS SELECT tenant, id, total, note FROM cheap WHERE note IS NOT NULL WITH LOCAL CHECK OPTION;
CREATE VIEW any_total AS SELECT tenant, id, total AS sum, note FROM orders WHERE id < 50;
CREATE VIEW cascaded AS SELECT * FROM any_total WHERE sum > 1 WITH CASCADED CHECK OPTION;
CREATE VIEW local_only AS SELECT * FROM any_total WHERE sum > 1 WITH LOCAL CHECK OPTION;
CREATE VIEW few AS SELECT tenant, id, total, note FROM orders WHERE tenant IN (SELECT tenant FROM allowed) WITH CHECK OPTION;
CREATE VIEW with_user AS SELECT tenant, id, total FROM orders o WHERE EXISTS (SELECT FROM users u WHERE u.tenant = o.tenant AND u.id = o.id) WITH CHECK OPTION;
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM orders WHERE total < 20;
CREATE VIEW barrier_checked WITH (security_barrier) AS SELECT tenant, id, total, note FROM orders WHERE total < 20 WITH CHECK OPTION;
CREATE VIEW barrier_sub WITH (security_barrier) AS SELECT tenant, id, total, note FROM orders WHERE tenant IN (SELECT tenant FROM allowed);
CREATE VIEW upper_names AS SELECT tenant, id, name FROM users WHERE name = upper(name) WITH CHECK OPTION;
CREATE VIEW low_price AS SELECT id, name, price FROM products WHERE price < 10 WITH CHECK OPTION;
CREATE VIEW some_docs WITH (security_invoker) AS SELECT * FROM docs WHERE id < 10 WITH CHECK OPTION;
CREATE VIEW guarded_docs WITH (security_invoker, security_barrier) AS SELECT * FROM docs WHERE id < 10;
CREATE VIEW guarded_sub WITH (security_invoker, security_barrier) AS SELECT owner, id, body FROM docs WHERE id IN (SELECT id FROM products WHERE id > 4);
GRANT SELECT, INSERT, UPDATE, DELETE ON some_docs, guarded_docs, guarded_sub TO ann;
CREATE FUNCTION peek(numeric) RETURNS bool LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN IF $1 >= 20 THEN RAISE EXCEPTION 'saw %', $1; END IF; RETURN true; END $$;
CREATE FUNCTION peek_text(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE COST 0.0001 AS $$ BEGIN IF $1 = 'body 11' THEN RAISE EXCEPTION 'saw %', $1; END IF; RETURN true; END $$;

--- statements

INSERT INTO cheap VALUES (${1|60:int}, ${70:int}, ${10:int}, ${x:text}) RETURNING *;

INSERT INTO cheap VALUES (${1|60:int}, ${70:int}, ${100:int}, ${x:text}) RETURNING *;

INSERT INTO cheap VALUES (1, 70, NULL, 'x');

INSERT INTO cheap VALUES (1, 70, 1, 'x'), (2, 70, 2, 'y'), (3, 70, 3, 'z') RETURNING tenant, (SELECT count(*) FROM cheap);

-- any row
INSERT INTO cheap SELECT tenant, id + 70, id * 6 FROM users WHERE id = 4;

INSERT INTO cheap SELECT tenant, id + 70, id FROM users;

INSERT INTO cheap VALUES (1, 1, 5), (1, 80, 5) ON CONFLICT (tenant, id) DO UPDATE SET total = excluded.total + 1;

INSERT INTO cheap VALUES (1, 1, 5), (1, 80, 5) ON CONFLICT (tenant, id) DO UPDATE SET total = 50;

INSERT INTO cheap VALUES (1, 1, 500) ON CONFLICT DO NOTHING;

UPDATE cheap SET total = total + 0.5 WHERE tenant = ${1:int};

UPDATE cheap SET total = 100 WHERE tenant = ${1:int} AND id = 1;

UPDATE cheap SET total = 19 WHERE total > 15 RETURNING tenant, id, total;

UPDATE cheap c SET note = p.name FROM products p WHERE p.id = c.id RETURNING c.tenant, c.id, p.name;

UPDATE cheap SET total = (SELECT count(*) FROM settings);

UPDATE cheap SET total = (SELECT count(*) FROM events) WHERE id = 1 AND tenant = 1;

INSERT INTO noted VALUES (1, 70, 10, 'x');

INSERT INTO noted VALUES (1, 70, 10, NULL);

INSERT INTO noted VALUES (1, 70, 30, 'x');

UPDATE noted SET note = NULL WHERE tenant = 2 AND id = 1;

UPDATE noted SET note = note || '!' RETURNING note;

INSERT INTO cascaded VALUES (1, 70, 10, 'x');

INSERT INTO cascaded VALUES (1, 49, 1, 'x');

INSERT INTO local_only VALUES (1, 70, 10, 'x');

INSERT INTO local_only VALUES (1, 70, 1, 'x');

UPDATE cascaded SET id = id + 48 WHERE id = 2 AND tenant = 3;

INSERT INTO few VALUES (2, 70, 1, 'a'), (3, 70, 1, 'b') RETURNING *;

INSERT INTO few VALUES (${2:int}, 70, 1, 'a');

INSERT INTO few VALUES (${20:int}, 70, 1, 'a');

UPDATE few SET note = 'few' RETURNING tenant, id;

DELETE FROM few WHERE id > 3 RETURNING tenant, id;

INSERT INTO with_user VALUES (11, 1, 1);

UPDATE with_user SET total = 5 RETURNING *;

UPDATE barrier SET total = total + 1 WHERE peek(total) RETURNING tenant, id, total;

UPDATE barrier SET note = 'b' WHERE tenant = ${1:int} AND peek(total);

DELETE FROM barrier WHERE peek(total) AND id < 3 RETURNING tenant, id;

INSERT INTO barrier (tenant, id, total) VALUES (1, 70, 1000);

UPDATE barrier_checked SET total = 19 WHERE peek(total) AND id = 2;

UPDATE barrier_checked SET total = 20 WHERE peek(total) AND id = 2 AND tenant = 1;

UPDATE barrier_sub SET note = 'sub' WHERE note <> 'x' RETURNING tenant, id, note;

DELETE FROM barrier_sub USING users u WHERE u.tenant = barrier_sub.tenant AND u.id = barrier_sub.id;

INSERT INTO upper_names VALUES (1, 70, 'x') RETURNING *;

INSERT INTO upper_names VALUES (1, 2, 'x') ON CONFLICT (tenant, id) DO UPDATE SET name = 'X';

INSERT INTO upper_names VALUES (1, 3, 'x') ON CONFLICT (tenant, id) DO UPDATE SET name = 'y' RETURNING *;

INSERT INTO barrier (tenant, id) VALUES (1, 1), (10, 6) ON CONFLICT (tenant, id) DO UPDATE SET note = 'seen';

-- undefined
INSERT INTO barrier (tenant, id) VALUES (1, 1), (10, 6) ON CONFLICT (tenant, id) DO UPDATE SET note = 'seen' WHERE orders.tenant < 3;

INSERT INTO barrier (tenant, id) VALUES (1, 1), (10, 6) ON CONFLICT (tenant, id) DO UPDATE SET note = 'seen' WHERE barrier.tenant < 3 RETURNING note;

INSERT INTO upper_names VALUES (1, 0, 'x');

UPDATE low_price SET price = price + 1 WHERE id < 3 RETURNING *;

UPDATE low_price SET price = 10 WHERE id = 3;

INSERT INTO low_price VALUES (80, 'eighty', 1), (81, 'eighty-one', 2) RETURNING *;

INSERT INTO low_price VALUES (80, 'eighty', 100);

WITH i AS (INSERT INTO cheap VALUES (1, 70, 1), (2, 70, 100) RETURNING *) SELECT count(*) FROM i;

WITH i AS (UPDATE cheap SET total = 100 WHERE tenant = 1) SELECT 1;

-- as: ann
UPDATE some_docs SET body = 'mine' RETURNING owner, id, body;

-- as: ann
UPDATE some_docs SET body = 'mine' WHERE id = 3 RETURNING owner, id, body;

-- as: ann
INSERT INTO some_docs VALUES ('ann', 5, 'b') RETURNING *;

-- as: ann
INSERT INTO some_docs VALUES ('bob', 5, 'b');

-- as: ann
INSERT INTO some_docs VALUES ('ann', 50, 'b'), ('ann', 5, 'c');

-- as: ann
UPDATE some_docs SET owner = 'bob' WHERE id = 3;

-- as: ann
DELETE FROM some_docs WHERE id IN (SELECT id FROM products) RETURNING id;

-- as: ann
UPDATE guarded_docs SET body = body || '!' WHERE id > 2 RETURNING *;

-- as: ann
UPDATE guarded_docs SET body = 'g' WHERE id = 6;

-- as: ann
DELETE FROM guarded_docs USING products p WHERE p.id = guarded_docs.id AND p.price > 5 RETURNING guarded_docs.id;

-- as: ann
UPDATE guarded_sub SET body = 's' RETURNING *;

UPDATE guarded_docs SET body = body || '!' WHERE peek_text(body) RETURNING *;

-- a check option that has nothing to check
INSERT INTO unconditional (tenant, id, note) SELECT t, 3, 'new' FROM generate_series(8, 14) t
	ON CONFLICT (tenant, id) DO UPDATE SET note = excluded.note RETURNING tenant, note;

INSERT INTO unconditional (tenant, id, note) VALUES (${3:int}, 60, 'one') ON CONFLICT (tenant, id) DO NOTHING;

UPDATE unconditional SET note = 'x' WHERE id = 2;

-- a view that only this session has
UPDATE fleeting SET note = note || '!' RETURNING *;

DELETE FROM fleeting WHERE tenant = ${4:int};
