Statements that come again with other constants, as programs send them that do not prepare any: what constants and
NULLs are in the places where others were, and what changes between two of them.

--- variants
coordinator
worker

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN small AS int CHECK (VALUE < 1000);
CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := upper(NEW.note); RETURN NEW; END $$;

--- tables
CREATE TABLE a (k bigint PRIMARY KEY, id int, price numeric(8,2), note varchar(10), done bool DEFAULT true, at date, feeling mood, size small, tags text[], extra jsonb);
CREATE TABLE b (k bigint, id int, amount int, PRIMARY KEY (k, id));
CREATE TABLE t (name text COLLATE "C" PRIMARY KEY, x int);
CREATE INDEX ON a (note) WHERE done;

--- distribute
SELECT create_distributed_table('a', 'k');
SELECT create_distributed_table('b', 'k', colocate_with => 'a');
SELECT create_distributed_table('t', 'name');

--- data
INSERT INTO a SELECT i, i % 7, i * 1.5, 'n' || i, i % 3 > 0, DATE '2026-01-01' + i, CASE WHEN i % 2 = 0 THEN 'good'::mood END, i, ARRAY['x' || i], jsonb_build_object('i', i) FROM generate_series(1, 30) i;
INSERT INTO b SELECT i % 30 + 1, i, i * 10 FROM generate_series(1, 90) i;
INSERT INTO t SELECT 'name ' || i, i FROM generate_series(1, 20) i;
GRANT SELECT, UPDATE ON a TO ann;

--- here
CREATE TABLE plain AS SELECT i::bigint AS k, i AS x FROM generate_series(1, 30) i;

--- statements
SELECT id, price, note FROM a WHERE k = 3;
SELECT id, price, note FROM a WHERE k = 4;
SELECT id, price, note FROM a WHERE k = 5;
SELECT id, price, note FROM a WHERE k = 5000000000;
SELECT id, price, note FROM a WHERE k = NULL;
SELECT id, price, note FROM a WHERE k = 7.0;
SELECT id, price, note FROM a WHERE k = 7.5;
SELECT id, price, note FROM a WHERE k = '8';
SELECT id, price, note FROM a WHERE k = 9;
SELECT id AS number, price, note FROM a WHERE k = 9;
SELECT id, price, note FROM a AS other WHERE k = 10;

-- conditions of which constants decide
SELECT k, note FROM a WHERE k = 3 AND id = 3 AND done;
SELECT k, note FROM a WHERE k = 4 AND id = 4 AND done;
SELECT k, note FROM a WHERE k = 5 AND id = 6 AND done;
SELECT k, note FROM a WHERE k = 5 AND k = 5;
SELECT k, note FROM a WHERE k = 5 AND k = 5;
SELECT k, note FROM a WHERE k = 5 AND k = 6;
SELECT k, note FROM a WHERE k = 1 OR k = 1;
SELECT k, note FROM a WHERE k = 1 OR k = 1;
SELECT k, note FROM a WHERE k = 1 OR k = 2 ORDER BY k;
SELECT k, note FROM a WHERE (k = 1 AND id = 1) OR (k = 1 AND id = 2);
SELECT k, note FROM a WHERE (k = 1 AND id = 1) OR (k = 2 AND id = 2) ORDER BY k;
SELECT k, note FROM a WHERE k = 3 AND done = true;
SELECT k, note FROM a WHERE k = 3 AND done = false;
SELECT k, note FROM a WHERE k = 4 AND done = true;
SELECT k, note FROM a WHERE k = 4 AND done IS NULL;
SELECT k, note FROM a WHERE k = 4 AND done IS NOT NULL;
SELECT k FROM a WHERE k = 6 AND feeling = 'good';
SELECT k FROM a WHERE k = 8 AND feeling = 'good';
SELECT k FROM a WHERE k = 8 AND feeling = 'bad';
SELECT k FROM a WHERE k = 8 AND feeling IN ('bad', 'good');
SELECT k FROM a WHERE k = 8 AND tags = '{x8}';
SELECT k FROM a WHERE k = 9 AND tags = '{x9}';
SELECT k FROM a WHERE k = 9 AND tags = '{x8}';
SELECT k FROM a WHERE k = 9 AND id = ANY ('{1,2}');
SELECT k FROM a WHERE k = 9 AND id = ANY ('{2,3,4,5}');
SELECT k FROM a WHERE k = ANY ('{9,10,11}') ORDER BY k;
SELECT k FROM a WHERE k = ANY ('{9}') ORDER BY k;
SELECT k FROM a WHERE k = ANY ('{9,12}') ORDER BY k;

-- syntax, type modifiers and casts
SELECT extract(year FROM at), note::varchar(1), 'a\b', E'a\\c', price::numeric(6,1) FROM a WHERE k = 3;
SELECT extract(year FROM at), note::varchar(1), 'a\b', E'a\\c', price::numeric(6,1) FROM a WHERE k = 4;
SELECT extract(month FROM at), note::varchar(1), 'a\d', E'a\\e', price::numeric(6,1) FROM a WHERE k = 4;
SELECT extract(month FROM at), note::varchar(2), 'a\d', E'a\\e', price::numeric(7,1) FROM a WHERE k = 5;
SELECT trim(both 'n' from note), substring(note from 2 for 1), at + interval '1 day', 'x' || 1, 1 + 1 FROM a WHERE k = 13;
SELECT trim(both '1' from note), substring(note from 1 for 2), at + interval '2 days', 'y' || 2, 1 + 2 FROM a WHERE k = 14;
SELECT trim(both '5' from note), substring(note from 1 for 1), at + interval '3 days', 'z' || 3, 2 + 2 FROM a WHERE k = 15;
SELECT 'regclass of a'::text, 'a'::regclass, NULL, true, pg_typeof(1), pg_typeof('x') FROM a WHERE k = 3;
SELECT 'regclass of b'::text, 'b'::regclass, NULL, false, pg_typeof(2), pg_typeof('y') FROM a WHERE k = 4;
SELECT extra->'i', extra->>'i', tags[1], CASE WHEN id = 3 THEN 'three' ELSE 'other' END, coalesce(note, 'none'), nullif(id, 4) FROM a WHERE k = 3;
SELECT extra->'i', extra->>'j', tags[2], CASE WHEN id = 4 THEN 'four' ELSE 'other' END, coalesce(note, 'no'), nullif(id, 4) FROM a WHERE k = 4;
SELECT extra->'i', extra->>'i', tags[1], CASE WHEN id = 4 THEN 'five' ELSE 'other' END, coalesce(note, 'no'), nullif(id, 5) FROM a WHERE k = 5;
SELECT size + 1, 5::small FROM a WHERE k = 3;
SELECT size + 2, 6::small FROM a WHERE k = 4;
SELECT size + 3, 6000::small FROM a WHERE k = 5;

-- aggregates, groups, order, limits
SELECT count(*), sum(amount), string_agg(id::text, ',' ORDER BY id) FROM b WHERE k = 3;
SELECT count(*), sum(amount), string_agg(id::text, ';' ORDER BY id) FROM b WHERE k = 4;
SELECT count(*), sum(amount), string_agg(id::text, ';' ORDER BY id) FROM b WHERE k = 5 HAVING count(*) > 2;
SELECT count(*), sum(amount), string_agg(id::text, ';' ORDER BY id) FROM b WHERE k = 6 HAVING count(*) > 3;
SELECT id + 1, (id + 1) * 2, count(*) FROM b WHERE k = 3 GROUP BY id + 1 ORDER BY 1;
SELECT id + 2, (id + 2) * 3, count(*) FROM b WHERE k = 4 GROUP BY id + 2 ORDER BY 1;
SELECT id + 3, (id + 3) * 3, count(*) FROM b WHERE k = 5 GROUP BY id + 3 ORDER BY 1;
SELECT id + 4, (id + 3) * 3, count(*) FROM b WHERE k = 5 GROUP BY id + 3 ORDER BY 1;
SELECT DISTINCT id % 2 FROM b WHERE k = 3 ORDER BY id % 2;
SELECT DISTINCT id % 3 FROM b WHERE k = 3 ORDER BY id % 3;
SELECT id FROM b WHERE k = 3 ORDER BY id LIMIT 1;
SELECT id FROM b WHERE k = 4 ORDER BY id LIMIT 2;
SELECT id FROM b WHERE k = 5 ORDER BY id LIMIT 1 OFFSET 1;
SELECT id FROM b WHERE k = 6 ORDER BY id LIMIT 2 OFFSET 1;
SELECT id FROM b WHERE k = 6 ORDER BY id LIMIT NULL OFFSET 1;
SELECT id FROM b WHERE k = 6 ORDER BY id LIMIT -1;

-- joins
SELECT a.note, b.amount FROM a JOIN b USING (k) WHERE k = 3 ORDER BY b.id;
SELECT a.note, b.amount FROM a JOIN b USING (k) WHERE k = 4 ORDER BY b.id;
SELECT a.note, b.amount FROM a JOIN b USING (k) WHERE k = 5 AND b.amount > 100 ORDER BY b.id;
SELECT a.note, b.amount FROM a LEFT JOIN b ON b.k = a.k AND b.id = 5 WHERE a.k = 6;
SELECT a.note, b.amount FROM a LEFT JOIN b ON b.k = a.k AND b.id = 6 WHERE a.k = 7;
SELECT a.note, b.amount FROM a LEFT JOIN b ON b.k = a.k AND b.id = 60 WHERE a.k = 7;
SELECT a.note, plain.x FROM a JOIN plain USING (k) WHERE k = 3;
SELECT a.note, plain.x FROM a JOIN plain USING (k) WHERE k = 4;
SELECT a.note, plain.x FROM a JOIN plain USING (k) WHERE k = 5;
SELECT a.note, b.amount FROM a, b WHERE a.k = 3 AND b.k = 3 ORDER BY b.id;
SELECT a.note, b.amount FROM a, b WHERE a.k = 4 AND b.k = 4 ORDER BY b.id;
SELECT a.note, b.amount FROM a, b WHERE a.k = 4 AND b.k = 5 ORDER BY b.id;

-- text keys
SELECT x FROM t WHERE name = 'name 3';
SELECT x FROM t WHERE name = 'name 4';
SELECT x FROM t WHERE name = 'none';
SELECT x FROM t WHERE name = 'NAME 4';
SELECT x FROM t WHERE name = 'name 4' COLLATE "C";
SELECT x FROM t WHERE name = ('name ' || 5);
SELECT x FROM t WHERE name = ('name ' || 6);
SELECT x FROM t WHERE name > 'name 6' ORDER BY x;
SELECT x FROM t WHERE name > 'name 7' ORDER BY x;
SELECT x FROM t WHERE name > 'name 8' ORDER BY x;

-- rows that are inserted
INSERT INTO a VALUES (101, 1, 1.5, 'one', true, '2026-02-01', 'good', 1, '{a}', '{}') RETURNING *;
INSERT INTO a VALUES (102, 2, 2.5, 'two', false, '2026-02-02', 'bad', 2, '{b,c}', '[1]') RETURNING *;
INSERT INTO a VALUES (103, 3, NULL, 'three', NULL, NULL, NULL, NULL, NULL, NULL) RETURNING *;
INSERT INTO a VALUES (104, 104, 104, '104', NULL, NULL, NULL, 104, NULL, '104') RETURNING *;
INSERT INTO a VALUES (103, 3, NULL, 'three', NULL, NULL, NULL, NULL, NULL, NULL) ON CONFLICT DO NOTHING RETURNING *;
INSERT INTO a VALUES (102, 9, 2.5, 'two', false, '2026-02-02', 'bad', 2, '{b,c}', '[1]') ON CONFLICT (k) DO UPDATE SET id = excluded.id + 10, note = 'again' WHERE a.id < 5 RETURNING *;
INSERT INTO a VALUES (102, 9, 2.5, 'two', false, '2026-02-02', 'bad', 2, '{b,c}', '[1]') ON CONFLICT (k) DO UPDATE SET id = excluded.id + 20, note = 'more' WHERE a.id < 50 RETURNING *;
INSERT INTO a VALUES (101, 9, 2.5, 'two', false, '2026-02-02', 'bad', 2, '{b,c}', '[1]') ON CONFLICT (k) DO UPDATE SET id = excluded.id + 30, note = 'most' WHERE a.id < 5 RETURNING *;
INSERT INTO a (k, note) VALUES (105, 'five') RETURNING *;
INSERT INTO a (k, note) VALUES (106, 'six') RETURNING *;
INSERT INTO a (k, note) VALUES (107, DEFAULT) RETURNING *;
INSERT INTO a (note, k) VALUES ('eight', 108) RETURNING *;
INSERT INTO a (note, k) VALUES ('nine', 109) RETURNING *;
INSERT INTO a (note, k) VALUES (now()::date - current_date, 110) RETURNING *;
INSERT INTO a (note, k) VALUES (now()::date - current_date, 111) RETURNING *;
INSERT INTO b VALUES (200, 1, 1), (201, 1, 1) RETURNING *;
INSERT INTO b VALUES (202, 1, 1), (203, 1, 1) RETURNING *;

-- errors in one of them
INSERT INTO b VALUES (1, 500, 1);

INSERT INTO b VALUES (1, 501, 1);
INSERT INTO b VALUES (2, 501, 1);
INSERT INTO b VALUES (1, 501, 1);

INSERT INTO a (k, note) VALUES (301, 'x');
INSERT INTO a (k, note) VALUES (302, 'y');
INSERT INTO a (k, note) VALUES (303, 'much too long');

INSERT INTO a (k, size) VALUES (301, 1);
INSERT INTO a (k, size) VALUES (302, 2);
INSERT INTO a (k, size) VALUES (303, 2000);

INSERT INTO a (k, id) VALUES (301, 1);
INSERT INTO a (k, id) VALUES (302, 2);
INSERT INTO a (k, id) VALUES (NULL, 3);

SELECT 10 / id FROM b WHERE k = 3 AND id = 2;
SELECT 10 / (id - 2) FROM b WHERE k = 3 AND id = 2;
SELECT 10 / (id - 32) FROM b WHERE k = 3 AND id = 32;

-- rows that are changed
UPDATE a SET note = 'new', done = false WHERE k = 3;
UPDATE a SET note = 'newer', done = true WHERE k = 4;
UPDATE a SET note = NULL, done = NULL WHERE k = 5;
UPDATE a SET note = note || '!', price = price + 0.25 WHERE k = 5 RETURNING *;
UPDATE a SET note = note || '?', price = price + 1.25 WHERE k = 6 RETURNING *;
UPDATE a SET note = note || '.', price = price + 2.25 WHERE k = 7 RETURNING note, 'changed', 7;
UPDATE a SET k = 8, note = 'same' WHERE k = 8 RETURNING *;
UPDATE a SET k = 9, note = 'same' WHERE k = 9 RETURNING *;
UPDATE a SET k = 1010, note = 'moved' WHERE k = 10 RETURNING *;
UPDATE a SET k = 1011, note = 'moved' WHERE k = 11 RETURNING *;
UPDATE a SET tags[1] = 'first' WHERE k = 12;
UPDATE a SET tags[1] = 'second' WHERE k = 13;
UPDATE a SET tags[2] = 'third' WHERE k = 13;
DELETE FROM b WHERE k = 3 AND id > 50 RETURNING *;
DELETE FROM b WHERE k = 4 AND id > 40 RETURNING *;
DELETE FROM b WHERE k = 5 AND id > 0;
SELECT * FROM a ORDER BY k;
SELECT * FROM b ORDER BY k, id;

-- rows that are locked
SELECT note FROM a WHERE k = 3 FOR UPDATE;
SELECT note FROM a WHERE k = 4 FOR UPDATE;
SELECT note FROM a WHERE k = 5 FOR UPDATE;
SELECT note FROM a WHERE k = 5 FOR SHARE;
SELECT note FROM a WHERE k = 5 FOR UPDATE NOWAIT;
SELECT note FROM a WHERE k = 6 FOR UPDATE NOWAIT;
SELECT note FROM a WHERE k = 7 FOR UPDATE NOWAIT;

-- changes of the table
SELECT * FROM a WHERE k = 3;
SELECT * FROM a WHERE k = 4;
UPDATE a SET note = 'x' WHERE k = 3;
UPDATE a SET note = 'y' WHERE k = 4;
ALTER TABLE a ADD COLUMN more int DEFAULT 7;
SELECT * FROM a WHERE k = 4;
SELECT * FROM a WHERE k = 5;
ALTER TABLE a RENAME COLUMN note TO remark;
SELECT * FROM a WHERE k = 5;
SELECT * FROM a WHERE k = 6;
UPDATE a SET remark = 'x' WHERE k = 3;
UPDATE a SET remark = 'y' WHERE k = 4;
ALTER TABLE a DROP COLUMN id;
SELECT * FROM a WHERE k = 6;
SELECT * FROM a WHERE k = 7;
ALTER TABLE a RENAME TO renamed;
SELECT * FROM renamed WHERE k = 7;
SELECT * FROM renamed WHERE k = 8;

-- a type gets another name
SELECT k, feeling = 'good', 'bad'::mood FROM a WHERE k = 4;
SELECT k, feeling = 'bad', 'good'::mood FROM a WHERE k = 5;
SELECT k, feeling = 'bad', 'good'::mood FROM a WHERE k = 6;
ALTER TYPE mood RENAME TO temper;
SELECT k, feeling = 'good', 'bad'::temper FROM a WHERE k = 6;
SELECT k, feeling = 'good', 'bad'::temper FROM a WHERE k = 7;

-- a trigger comes and goes
UPDATE a SET note = 'one' WHERE k = 3 RETURNING note;
UPDATE a SET note = 'two' WHERE k = 4 RETURNING note;
UPDATE a SET note = 'three' WHERE k = 5 RETURNING note;
CREATE TRIGGER loud BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION loud();
UPDATE a SET note = 'one' WHERE k = 3 RETURNING note;
UPDATE a SET note = 'two' WHERE k = 4 RETURNING note;
UPDATE a SET note = 'three' WHERE k = 5 RETURNING note;
DROP TRIGGER loud ON a;
UPDATE a SET note = 'one' WHERE k = 3 RETURNING note;
UPDATE a SET note = 'two' WHERE k = 4 RETURNING note;

-- policies come and go
SELECT note FROM a WHERE k = 3;
SELECT note FROM a WHERE k = 4;
SET LOCAL ROLE ann;
SELECT note FROM a WHERE k = 3;
SELECT note FROM a WHERE k = 4;
RESET ROLE;
CREATE POLICY even ON a TO ann USING (id % 2 = 0);
ALTER TABLE a ENABLE ROW LEVEL SECURITY;
SELECT note FROM a WHERE k = 3;
SELECT note FROM a WHERE k = 4;
SET LOCAL ROLE ann;
SELECT note FROM a WHERE k = 3;
SELECT note FROM a WHERE k = 4;
SELECT note FROM a WHERE k = 5;
UPDATE a SET note = 'x' WHERE k = 3;
UPDATE a SET note = 'x' WHERE k = 4;

-- rights are asked for each time
SET LOCAL ROLE ann;
SELECT note FROM a WHERE k = 3;
SELECT note FROM a WHERE k = 4;
RESET ROLE;
REVOKE SELECT ON a FROM ann;
SELECT note FROM a WHERE k = 4;
SET LOCAL ROLE ann;
SELECT note FROM a WHERE k = 4;

-- in functions, and by EXECUTE
DO $$
DECLARE
	found text;
	all_found text := '';
BEGIN
	FOR i IN 1..8 LOOP
		EXECUTE format('SELECT note FROM a WHERE k = %s', i) INTO found;
		all_found := all_found || found;
		EXECUTE format('UPDATE a SET note = %L WHERE k = %s', 'n' || i * 2, i);
		EXECUTE format('SELECT note FROM a WHERE k = %s AND id = $1', i) INTO found USING i % 7;
		all_found := all_found || found || ' ';
	END LOOP;
	RAISE EXCEPTION '%', all_found;
END $$;

-- cursors, open while their plans are forgotten
DECLARE c1 CURSOR FOR SELECT id, amount FROM b WHERE k = 3 ORDER BY id;
DECLARE c2 CURSOR FOR SELECT id, amount FROM b WHERE k = 4 ORDER BY id;
DECLARE c3 CURSOR FOR SELECT id, amount FROM b WHERE k = 5 ORDER BY id;
FETCH 1 FROM c3;
FETCH 1 FROM c1;
CREATE TABLE here (x int);
SELECT note FROM a WHERE k = 4;
FETCH 2 FROM c3;
FETCH 2 FROM c1;
FETCH ALL FROM c2;

-- prepared statements, too
PREPARE by_key(int, mood) AS SELECT k, feeling, 'bad'::mood FROM a WHERE k = $1 AND feeling = $2;
PREPARE of_all(mood[]) AS SELECT count(*) FROM a WHERE feeling = ANY ($1) AND size <> 5::small;
SET LOCAL plan_cache_mode = force_generic_plan;
EXECUTE by_key(4, 'good');
EXECUTE by_key(6, 'good');
EXECUTE of_all('{good}');
ALTER TYPE mood RENAME TO temper;
ALTER DOMAIN small RENAME TO little;
EXECUTE by_key(8, 'good');
EXECUTE by_key(10, 'good');
EXECUTE by_key(12, 'good');
EXECUTE of_all('{good}');
EXECUTE of_all('{good,bad}');

-- those that are prepared several times share a plan, too
PREPARE first(int, mood) AS SELECT k, feeling, 'bad'::mood FROM a WHERE feeling = $2 AND k = $1;
PREPARE second(int, mood) AS SELECT k, feeling, 'bad'::mood FROM a WHERE feeling = $2 AND k = $1;
PREPARE third(int, mood) AS SELECT k, feeling, 'bad'::mood FROM a WHERE feeling = $2 AND k = $1;
SET LOCAL plan_cache_mode = force_generic_plan;
EXECUTE first(2, 'good');
EXECUTE second(4, 'good');
EXECUTE third(6, 'good');
ALTER TYPE mood RENAME TO temper;
EXECUTE third(8, 'good');
EXECUTE third(10, 'good');
EXECUTE third(12, 'good');
EXECUTE second(12, 'good');
EXECUTE second(14, 'good');

-- and collations
-- undefined
CREATE COLLATION named (locale = 'C');
PREPARE ordered(int) AS SELECT note FROM a WHERE k = $1 AND note < 'z' COLLATE named;
PREPARE all_ordered AS SELECT note FROM a WHERE note < 'n2' COLLATE named ORDER BY note COLLATE named;
SET LOCAL plan_cache_mode = force_generic_plan;
EXECUTE ordered(3);
EXECUTE all_ordered;
SELECT note FROM a WHERE k = 3 AND note < 'z' COLLATE named;
SELECT note FROM a WHERE k = 4 AND note < 'z' COLLATE named;
ALTER COLLATION named RENAME TO renamed_collation;
EXECUTE ordered(4);
EXECUTE ordered(5);
EXECUTE ordered(6);
EXECUTE all_ordered;
SELECT note FROM a WHERE k = 4 AND note < 'z' COLLATE renamed_collation;
SELECT note FROM a WHERE k = 5 AND note < 'z' COLLATE renamed_collation;
