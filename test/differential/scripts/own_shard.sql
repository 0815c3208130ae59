Statements prepared once and executed for shards of this node and of others: what becomes of names and types of columns,
rights, portals, functions, settings and changes of the tables between two executions.

--- variants
coordinator
worker
single

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;
CREATE TYPE colour AS ENUM ('red', 'green');

--- tables
CREATE TABLE items (k int PRIMARY KEY, name varchar(10), price numeric(8,2), c colour, old int, tags text[]);
ALTER TABLE items DROP COLUMN old;
CREATE TABLE secrets (k int, owner name, what text);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets USING (owner = current_user);
CREATE TABLE log (k bigint, at text);
CREATE TABLE wide (k int, "Odd ""Name""" int, "select" text);
GRANT SELECT (k, name), UPDATE (name) ON items TO ann;
GRANT SELECT, INSERT, UPDATE ON secrets TO ann;

--- distribute
SELECT create_distributed_table('items', 'k');
SELECT create_distributed_table('secrets', 'k', colocate_with => 'items');
SELECT create_distributed_table('log', 'k');
SELECT create_distributed_table('wide', NULL);

--- data
INSERT INTO items SELECT k, 'n' || k, k * 1.5, CASE WHEN k % 2 = 0 THEN 'red'::colour END, ARRAY['t' || k] FROM generate_series(1, 40) k;
INSERT INTO secrets SELECT k, CASE WHEN k % 2 = 0 THEN 'ann' ELSE current_user END, 's' || k FROM generate_series(1, 40) k;
INSERT INTO wide VALUES (1, 2, 'x'), (NULL, 3, 'y');

--- after
CREATE VIEW dear AS SELECT k AS number, price * 2 AS twice, name::text || '!' AS loud FROM items WHERE price > 3;
CREATE FUNCTION name_of(int) RETURNS varchar LANGUAGE sql STABLE AS 'SELECT name FROM items WHERE k = $1';
CREATE FUNCTION sum_of(int) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE s numeric := 0; r record;
BEGIN
	FOR i IN 1..$1 LOOP
		SELECT price, name INTO r FROM items WHERE k = i;
		s := s + r.price;
		UPDATE items SET price = price + 1 WHERE k = i;
		IF NOT FOUND THEN RAISE EXCEPTION 'no %', i; END IF;
		SELECT price INTO r FROM items WHERE k = i;
		s := s + r.price;
	END LOOP;
	RETURN s;
END $$;
CREATE FUNCTION noted(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES ($1, 'noted'); RETURN $1; END $$;
CREATE FUNCTION of_owner(int) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN RETURN QUERY SELECT c::text FROM items WHERE k = $1; END $$;
CREATE FUNCTION of_caller(int) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN RETURN QUERY SELECT c::text FROM items WHERE k = $1; END $$;
GRANT EXECUTE ON FUNCTION of_owner(int), of_caller(int) TO ann;

--- statements
-- autocommit
SET plan_cache_mode = force_generic_plan;
PREPARE named(int) AS SELECT k AS "The K", name, price, price + 1, c, tags, i.* FROM items i WHERE k = $1;
EXECUTE named(1);
EXECUTE named(2);
EXECUTE named(3);
EXECUTE named(1);
EXECUTE named(99);
EXECUTE named(NULL);
PREPARE typed_row(int) AS SELECT k AS "The K", price + 1, i.* FROM items i WHERE k = $1;
CREATE TEMP TABLE typed AS EXECUTE typed_row(2) WITH NO DATA;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'typed'::regclass AND attnum > 0 ORDER BY attnum;
PREPARE aggregated(int) AS SELECT count(*), sum(price) AS total, array_agg(name) FROM items WHERE k = $1;
EXECUTE aggregated(4);
EXECUTE aggregated(5);
EXECUTE aggregated(4);
EXECUTE aggregated(NULL);
PREPARE joined(int, text) AS SELECT i.*, s.what FROM items i JOIN secrets s USING (k) WHERE i.k = $1 AND i.name <> $2 ORDER BY 1 LIMIT 3;
EXECUTE joined(6, 'n7');
EXECUTE joined(6, 'n6');
EXECUTE joined(6, 'n7');
EXECUTE joined(7, NULL);
PREPARE viewed(int) AS SELECT * FROM dear WHERE number = $1;
EXECUTE viewed(8);
EXECUTE viewed(8);
EXECUTE viewed(1);
PREPARE whole AS SELECT * FROM wide ORDER BY k;
EXECUTE whole;
EXECUTE whole;
PREPARE odd(int) AS UPDATE wide SET "Odd ""Name""" = $1 WHERE k = 1 RETURNING *;
EXECUTE odd(5);
EXECUTE odd(6);
PREPARE changed(int, numeric) AS UPDATE items SET price = price + $2 WHERE k = $1 RETURNING k AS what, price, name;
EXECUTE changed(9, 1);
EXECUTE changed(9, 1.005);
EXECUTE changed(9, 'NaN');
EXECUTE changed(99, 1);
PREPARE silent(int, varchar) AS UPDATE items SET name = $2 WHERE k = $1;
EXECUTE silent(10, 'ten');
EXECUTE silent(10, 'too long a name');
EXECUTE silent(11, 'eleven');
PREPARE put(int, text) AS INSERT INTO items VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET name = excluded.name || '+' RETURNING xmax <> 0, name;
EXECUTE put(12, 'twelve');
EXECUTE put(112, 'new');
EXECUTE put(112, 'newer');
PREPARE plain_put(int) AS INSERT INTO items (k) VALUES ($1);
EXECUTE plain_put(113);
EXECUTE plain_put(113);
EXECUTE plain_put(NULL);
PREPARE gone(int) AS DELETE FROM items WHERE k = $1 RETURNING *;
EXECUTE gone(113);
EXECUTE gone(113);
EXECUTE gone(112);
SELECT * FROM items WHERE k IN (9, 10, 11, 12, 112, 113) ORDER BY k;
SELECT name_of(k) FROM generate_series(1, 12) k;
SELECT sum_of(12);
SELECT sum_of(12);
SELECT sum_of(41);
SELECT k, price FROM items WHERE k <= 12 ORDER BY k;
PREPARE noting(int) AS SELECT noted(k), name FROM items WHERE k = $1;
EXECUTE noting(20);
EXECUTE noting(21);
EXECUTE noting(20);
SELECT * FROM log ORDER BY k;
BEGIN;
PREPARE locked(int) AS SELECT k, price FROM items WHERE k = $1 FOR UPDATE;
EXECUTE locked(22);
EXECUTE locked(22);
EXECUTE changed(22, 5);
EXECUTE locked(22);
SAVEPOINT s;
EXECUTE changed(22, 'Infinity');
ROLLBACK TO s;
EXECUTE locked(22);
ROLLBACK;
EXECUTE locked(22);
BEGIN;
DECLARE here CURSOR FOR SELECT k, name FROM items WHERE k = 23;
FETCH here;
UPDATE items SET name = 'here' WHERE CURRENT OF here;
FETCH here;
CLOSE here;
EXECUTE named(23);
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
EXECUTE named(24);
EXECUTE changed(24, 1);
EXECUTE named(24);
COMMIT;
BEGIN READ ONLY;
EXECUTE named(25);
EXECUTE changed(25, 1);
ROLLBACK;
PREPARE dearer(int) AS UPDATE items SET price = price + 1 WHERE k = $1;
BEGIN READ ONLY;
EXECUTE dearer(27);
ROLLBACK;
BEGIN READ ONLY;
EXECUTE dearer(28);
ROLLBACK;
BEGIN READ ONLY;
EXECUTE dearer(29);
ROLLBACK;
BEGIN READ ONLY;
EXECUTE dearer(30);
ROLLBACK;
BEGIN READ ONLY;
EXECUTE dearer(31);
ROLLBACK;
BEGIN READ ONLY;
EXECUTE dearer(32);
ROLLBACK;
SET ROLE ann;
EXECUTE named(1);
EXECUTE silent(26, 'by ann');
EXECUTE changed(26, 1);
PREPARE allowed(int) AS SELECT k, name FROM items WHERE k = $1;
EXECUTE allowed(26);
EXECUTE allowed(26);
PREPARE secret(int) AS SELECT * FROM secrets WHERE k = $1;
EXECUTE secret(1);
EXECUTE secret(2);
EXECUTE secret(2);
PREPARE tell(int) AS UPDATE secrets SET what = what || '!' WHERE k = $1 RETURNING what;
EXECUTE tell(1);
EXECUTE tell(2);
PREPARE hide(int, name) AS INSERT INTO secrets VALUES ($1, $2, 'new');
EXECUTE hide(2, 'ann');
EXECUTE hide(2, 'bob');
SELECT of_owner(28);
SELECT of_caller(28);
RESET ROLE;
EXECUTE secret(1);
EXECUTE secret(2);
EXECUTE allowed(26);

-- changes of the table
-- autocommit
-- undefined
SET plan_cache_mode = force_generic_plan;
PREPARE named(int) AS SELECT k AS "The K", name, price, price + 1, c, tags, i.* FROM items i WHERE k = $1;
PREPARE changed(int, numeric) AS UPDATE items SET price = price + $2 WHERE k = $1 RETURNING k AS what, price, name;
PREPARE silent(int, varchar) AS UPDATE items SET name = $2 WHERE k = $1;
PREPARE allowed(int) AS SELECT k, name FROM items WHERE k = $1;
EXECUTE allowed(27);
EXECUTE silent(27, 'short');
EXECUTE changed(27, 5);
EXECUTE named(27);
ALTER TABLE items ALTER COLUMN name TYPE text;
EXECUTE allowed(27);
EXECUTE silent(27, 'now as long as it likes');
PREPARE again(int) AS SELECT * FROM items WHERE k = $1;
EXECUTE again(27);
ALTER TABLE items ADD COLUMN more int DEFAULT 5;
EXECUTE again(27);
ALTER TABLE items DROP COLUMN more;
EXECUTE again(27);
ALTER TABLE items ADD CONSTRAINT cheap CHECK (price < 1000);
EXECUTE changed(27, 5000);
CREATE INDEX ON items (name);
EXECUTE again(28);
ALTER TABLE items RENAME name TO label;
EXECUTE again(28);
EXECUTE silent(28, 'renamed');
EXECUTE again(28);
ALTER TABLE items RENAME label TO name;
CREATE FUNCTION doubled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.price := NEW.price * 2; RETURN NEW; END $$;
CREATE TRIGGER doubled BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION doubled();
EXECUTE changed(29, 1);
CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.k, TG_TABLE_NAME || TG_NAME); RETURN NULL; END $$;
CREATE TRIGGER logged AFTER UPDATE ON items FOR EACH ROW EXECUTE FUNCTION logged();
EXECUTE changed(29, 1);
EXECUTE changed(30, 1);
CREATE TRIGGER counted AFTER UPDATE ON items FOR EACH STATEMENT EXECUTE FUNCTION logged();
EXECUTE silent(30, 'counted');
DROP TRIGGER counted ON items;
SELECT * FROM log ORDER BY k, at;
DROP TRIGGER logged ON items;
UPDATE items SET k = 131 WHERE k = 31;
EXECUTE named(31);
EXECUTE named(131);
