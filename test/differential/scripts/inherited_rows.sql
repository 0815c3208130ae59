Distributed tables that inherit from each other: MERGE, the current row of a cursor, rows locked through
views, and FROM that is computed once.

--- include cities.tables

--- tables
CREATE TABLE tags (id int PRIMARY KEY, tag text);
CREATE TABLE tags_more (more json, n int) INHERITS (tags);
CREATE TABLE twins (id int, tag text);
CREATE TABLE news (tenant int, id int, name text, people int);

--- distribute
SELECT create_distributed_table('news', 'id');
SELECT create_reference_table('tags');
SELECT create_reference_table('twins');

--- data
INSERT INTO news SELECT t, i, 'news ' || t * i, t + i FROM generate_series(1, 9) t, generate_series(1, 6, 2) i WHERE (t + i) % 3 > 0;
INSERT INTO tags SELECT i, 'tag ' || i FROM generate_series(1, 5) i;
INSERT INTO tags_more SELECT i, 'tag ' || i, '{}', i FROM generate_series(4, 7) i;
INSERT INTO tags_more VALUES (7, 'tag 7', '{"a": 1}', 9), (8, NULL, NULL, 1);
INSERT INTO twins VALUES (1, 'a'), (1, 'a'), (1, 'b'), (2, 'b'), (3, NULL), (3, NULL);

--- after
CREATE VIEW towns AS SELECT tenant, id, name FROM cities WHERE people > 50;
CREATE VIEW towns_of AS SELECT t.*, o.people FROM towns t JOIN other o USING (id);
CREATE VIEW late_towns WITH (security_barrier) AS SELECT * FROM towns WHERE id > 1;
CREATE VIEW counted AS SELECT tenant, count(*) FROM cities GROUP BY tenant;

--- here
CREATE SEQUENCE drawn;
CREATE FUNCTION draw(n int) RETURNS SETOF int LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM nextval('drawn'); RETURN QUERY SELECT generate_series(1, n); END $$;

--- statements
-- FROM is computed once
UPDATE cities c SET people = s.id FROM places p, LATERAL (SELECT o.id FROM other o WHERE o.id > p.id ORDER BY o.id LIMIT 1) s WHERE p.tenant = c.tenant AND p.id = c.id RETURNING c.tableoid::regclass, c.*, s.id, p.name

UPDATE cities c SET people = d FROM draw(2) d WHERE c.id = d RETURNING c.*, d;
SELECT nextval('drawn')

UPDATE cities c SET people = d.n FROM draw(2) WITH ORDINALITY d(k, n) JOIN places p ON p.id = d.k WHERE c.tenant = p.tenant AND c.id = p.id RETURNING c.name, p, d.n;
SELECT nextval('drawn')

DELETE FROM cities c USING places p, other o, LATERAL draw(o.id) d, LATERAL (SELECT p.tenant + d AS t LIMIT 1) s WHERE o.id < 3 AND p.id = 1 AND s.t = c.tenant AND c.id = d RETURNING c.*

DELETE FROM ports USING other TABLESAMPLE system (100) WHERE other.people = ports.people RETURNING ports.*, other.id

DELETE FROM cities USING other TABLESAMPLE bernoulli (100) REPEATABLE (1) WHERE other.id = cities.id AND other.people < 30

UPDATE ports c SET name = s.name, depth = (SELECT count(*) FROM places p WHERE p.id = s.id) FROM (SELECT * FROM places ORDER BY tenant, id LIMIT 9) s JOIN draw(7) d ON d = s.tenant WHERE s.tenant = c.tenant AND s.id = c.id AND EXISTS (SELECT FROM other o WHERE o.id = s.id + d) RETURNING c, s.name, d

UPDATE cities c SET people = v.n FROM places p, (VALUES (1, 3 + floor(random())::int), (2, 5)) v(id, n), LATERAL (SELECT v.n + p.tenant AS m) s WHERE p.tenant = c.tenant AND p.id = c.id AND v.id = c.id AND s.m > 4 RETURNING c.*, s.m

WITH w AS (SELECT tenant, id FROM places WHERE id < 3), u AS (UPDATE cities c SET people = 9 FROM w, LATERAL (SELECT w.id FROM draw(1) LIMIT 1) s WHERE w.tenant = c.tenant AND s.id = c.id RETURNING c.name) SELECT count(*), min(name) FROM u

DELETE FROM cities USING places p LEFT JOIN other o ON o.id = p.id AND random() >= 0 WHERE p.tenant = cities.tenant AND p.id = cities.id AND o.people > 10 RETURNING cities.*

UPDATE cities SET people = 3 FROM draw(3) d

UPDATE cities SET people = 3 FROM draw(0) d

-- locked through views
SELECT * FROM towns WHERE tenant = ${3:int} ORDER BY 1, 2, 3 FOR UPDATE

SELECT * FROM towns_of WHERE name > 'city' FOR SHARE

SELECT * FROM late_towns t JOIN other o ON o.id = t.id WHERE t.tenant < 3 FOR UPDATE OF t

SELECT * FROM late_towns t JOIN other o ON o.id = t.id WHERE t.tenant < 3 FOR UPDATE OF o

SELECT * FROM (SELECT * FROM towns_of WHERE people > 20) s ORDER BY 1, 2, 3 FOR NO KEY UPDATE

SELECT o.id, (SELECT name FROM late_towns t WHERE t.id = o.id AND tenant = 2 ORDER BY name FOR UPDATE LIMIT 1) FROM other o

SELECT * FROM counted FOR UPDATE

SELECT o.id, t.name FROM other o LEFT JOIN towns t ON t.id = o.id FOR UPDATE

SELECT o.id, c.name FROM other o LEFT JOIN cities c ON c.id = o.id FOR UPDATE OF c

SELECT o.id, c.name FROM other o LEFT JOIN cities c ON c.id = o.id WHERE c.people > 60 FOR UPDATE OF c

-- MERGE
MERGE INTO cities c USING places p ON p.tenant = c.tenant AND p.id = c.id AND c.tableoid = 'capitals'::regclass WHEN MATCHED AND c.people > 300 THEN DELETE WHEN MATCHED THEN UPDATE SET name = p.name, people = c.people + 1 WHEN NOT MATCHED AND p.tenant < 0 THEN INSERT VALUES (p.tenant, p.id, p.name, 1);
SELECT tableoid::regclass, * FROM cities

MERGE INTO ports c USING news n ON n.tenant = c.tenant AND n.id = c.id WHEN MATCHED AND n.people > 6 THEN DELETE WHEN MATCHED THEN UPDATE SET depth = n.people, name = n.name || c.name WHEN NOT MATCHED THEN INSERT (tenant, id, name, people) VALUES (n.tenant, n.id, n.name, n.people);
SELECT tableoid::regclass, * FROM ports

MERGE INTO cities c USING (SELECT DISTINCT id FROM news) n ON n.id = c.people WHEN MATCHED THEN UPDATE SET people = (SELECT max(id) FROM other), tenant = c.tenant + 1;
SELECT tableoid::regclass, * FROM cities

MERGE INTO cities c USING (VALUES (1, 3), (2, 3), (3, 30)) v(t, i) ON v.t = c.tenant AND v.i = c.id AND c.name LIKE 'capital%' WHEN MATCHED THEN UPDATE SET (name, people) = (SELECT p.name, p.id FROM places p WHERE p.tenant = c.tenant AND p.id = c.id) WHEN NOT MATCHED THEN INSERT VALUES (v.t, v.i, 'new', 5);
SELECT tableoid::regclass, * FROM cities

MERGE INTO cities c USING news n ON n.tenant = c.tenant AND n.id = c.id WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (tenant, id, people) VALUES (n.tenant, n.id, 1);
SELECT tableoid::regclass, * FROM cities

MERGE INTO cities c USING news n ON n.tenant = c.tenant WHEN MATCHED THEN DELETE

MERGE INTO cities c USING (VALUES (1), (1)) v(t) ON v.t = c.tenant AND c.id = 4 WHEN MATCHED THEN UPDATE SET people = 3

MERGE INTO cities c USING (VALUES (1)) v(t) ON v.t = c.tenant AND c.id = 4 WHEN MATCHED THEN UPDATE SET people = -3

WITH w AS (SELECT * FROM news WHERE id = 1) MERGE INTO capitals c USING w ON w.tenant = c.tenant WHEN MATCHED AND c.id = 3 THEN UPDATE SET state = w.name WHEN MATCHED AND c.id = 4 THEN DELETE;
SELECT tableoid::regclass, * FROM capitals

MERGE INTO ONLY cities c USING places p ON p.tenant = c.tenant AND p.id = c.id WHEN MATCHED THEN DELETE;
SELECT tableoid::regclass, count(*) FROM cities GROUP BY 1 ORDER BY tableoid::regclass::text

MERGE INTO tags t USING (VALUES (1, 'x'), (5, 'five'), (6, 'gone'), (7, 'y'), (8, 'z'), (12, 'new')) v (id, tag) ON v.id = t.id WHEN MATCHED AND v.tag = 'gone' THEN DELETE WHEN MATCHED THEN UPDATE SET tag = v.tag WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.tag);
SELECT tableoid::regclass, * FROM tags;
SELECT id, tag, more::text, n FROM tags_more

MERGE INTO tags t USING places p ON p.id = t.id AND p.tenant = 3 WHEN MATCHED AND t.tableoid = 'tags_more'::regclass THEN DELETE WHEN MATCHED THEN UPDATE SET tag = p.name, id = t.id + 20;
SELECT tableoid::regclass, * FROM tags

MERGE INTO tags t USING (VALUES (7, 'y'), (7, 'z')) v (id, tag) ON v.id = t.id WHEN MATCHED THEN UPDATE SET tag = v.tag

MERGE INTO twins t USING (VALUES (1, 'x'), (3, 'y'), (4, 'z')) v (id, tag) ON v.id = t.id WHEN MATCHED AND t.tag = 'b' THEN DELETE WHEN MATCHED THEN UPDATE SET tag = v.tag WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.tag);
SELECT * FROM twins

MERGE INTO twins t USING (VALUES (1, 'x'), (1, 'y')) v (id, tag) ON v.id = t.id WHEN MATCHED THEN UPDATE SET tag = v.tag

-- cursors
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM cities WHERE tenant = 2 AND name LIKE 'capital%' AND id = 4;
FETCH c;
UPDATE cities SET people = 1 WHERE CURRENT OF c RETURNING tableoid::regclass, *;
UPDATE capitals SET state = 'z' WHERE CURRENT OF c RETURNING *;
UPDATE ONLY cities SET people = 2 WHERE CURRENT OF c;
UPDATE ports SET people = 2 WHERE CURRENT OF c;
DELETE FROM cities WHERE CURRENT OF c RETURNING name;
DELETE FROM cities WHERE CURRENT OF c;
ROLLBACK;

BEGIN;
DECLARE c CURSOR FOR SELECT c.name, p.name FROM cities c JOIN places p USING (tenant, id) WHERE c.tenant = 3 AND c.id = 2 AND c.name LIKE 'port%' FOR UPDATE OF c;
FETCH c;
UPDATE cities SET people = people + 1 WHERE CURRENT OF c RETURNING *;
DELETE FROM ports WHERE CURRENT OF c RETURNING *;
UPDATE places SET name = 'x' WHERE CURRENT OF c;
ROLLBACK;

BEGIN;
DECLARE c CURSOR FOR SELECT tenant, id FROM cities WHERE id < 3 ORDER BY tenant, id, name FOR UPDATE;
MOVE 3 FROM c;
FETCH c;
DELETE FROM cities WHERE CURRENT OF c RETURNING tableoid::regclass, *;
FETCH c;
UPDATE cities SET people = DEFAULT WHERE CURRENT OF c RETURNING tableoid::regclass, *;
MOVE ALL FROM c;
DELETE FROM cities WHERE CURRENT OF c;
ROLLBACK;

BEGIN;
DECLARE c CURSOR FOR SELECT tenant FROM ONLY cities WHERE tenant = 5 AND id = 1;
FETCH c;
UPDATE cities SET people = 4 WHERE CURRENT OF c RETURNING *;
UPDATE capitals SET people = 4 WHERE CURRENT OF c;
ROLLBACK;

BEGIN;
DECLARE c CURSOR FOR SELECT tenant FROM ONLY ports WHERE tenant = 5 AND id = 1 FOR UPDATE;
FETCH c;
UPDATE ONLY ports SET people = 4 WHERE CURRENT OF c RETURNING *;
UPDATE ports SET people = 4 WHERE CURRENT OF c;
ROLLBACK;

BEGIN;
DECLARE c CURSOR FOR SELECT * FROM sea_ports WHERE tenant = 2;
FETCH c;
UPDATE cities SET people = 8 WHERE CURRENT OF c;
ROLLBACK;

DO $$ DECLARE r record; c CURSOR FOR SELECT * FROM cities WHERE tenant < 4 FOR UPDATE; n int := 0; BEGIN FOR r IN c LOOP n := n + 1; IF r.people % 2 = 0 THEN UPDATE cities SET people = people + 1000 WHERE CURRENT OF c; ELSIF r.id = 3 THEN DELETE FROM cities WHERE CURRENT OF c; END IF; END LOOP; RAISE NOTICE '%', n; END $$;
SELECT tableoid::regclass, * FROM cities
