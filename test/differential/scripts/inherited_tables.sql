Distributed tables that inherit from each other: children with columns in another order, of their own, and of two parents.

--- include cities.tables

--- tables
CREATE TABLE tags (id int PRIMARY KEY, tag text);
CREATE TABLE tags_more (more text) INHERITS (tags);
CREATE TABLE lone (k int, n int);
CREATE TABLE lone_child (m int) INHERITS (lone);

--- distribute
SELECT create_reference_table('tags');
SELECT create_distributed_table('lone', NULL);

--- data
INSERT INTO tags SELECT t, 'tag ' || t FROM generate_series(1, 6) t;
INSERT INTO tags_more SELECT t, 'tag ' || t, 'more ' || t FROM generate_series(5, 9) t;
INSERT INTO lone SELECT i, i % 3 FROM generate_series(1, 5) i;
INSERT INTO lone_child SELECT i, i % 3, i FROM generate_series(4, 8) i;

--- statements
SELECT * FROM cities ORDER BY tenant, id, name

SELECT * FROM ONLY cities ORDER BY tenant, id

SELECT * FROM capitals ORDER BY tenant, id, name

SELECT * FROM ports

SELECT count(*), sum(people), min(name) FROM cities

SELECT tenant, count(*), avg(people) FROM cities GROUP BY tenant ORDER BY tenant

SELECT name, count(*) FROM cities GROUP BY name HAVING count(*) > 1 ORDER BY 1

SELECT * FROM cities WHERE tenant = ${3:int} ORDER BY id, name

SELECT * FROM cities WHERE tenant = ${3:int} AND id = 1 ORDER BY name

SELECT * FROM cities WHERE tenant IN (2, ${5:int}) AND people > 50

SELECT tableoid::regclass, count(*) FROM cities GROUP BY 1 ORDER BY tableoid::regclass::text

SELECT tableoid::regclass, name FROM cities WHERE tenant = ${4:int}

SELECT relname, count(*) FROM cities c JOIN pg_class p ON p.oid = c.tableoid GROUP BY relname ORDER BY relname

SELECT count(*) FROM cities WHERE tableoid = 'ports'::regclass

SELECT tableoid::regclass::text AS part, name FROM cities WHERE tableoid <> 'cities'::regclass AND tenant = 2

SELECT c FROM cities c WHERE tenant < 3

SELECT c FROM ports c WHERE tenant < 3

SELECT (c).name, c.tableoid::regclass FROM cities c WHERE tenant = 1

SELECT to_jsonb(c) FROM cities c WHERE id = 1

SELECT p.id, c FROM places p LEFT JOIN cities c ON c.tenant = p.tenant AND c.id = p.id + 2 WHERE p.tenant < 3

SELECT p.id, c.tableoid::regclass FROM places p LEFT JOIN capitals c USING (tenant, id)

SELECT c.name, p.name FROM cities c JOIN places p ON p.tenant = c.tenant AND p.id = c.id

SELECT c.name, p.name FROM cities c FULL JOIN places p ON p.tenant = c.tenant AND p.id = c.id AND c.people > 50

SELECT a.name, b.name FROM cities a JOIN capitals b ON a.tenant = b.tenant AND a.id = b.id

SELECT c.name, o.id FROM cities c JOIN other o ON o.people = c.people

SELECT p.tenant, p.id, (SELECT count(*) FROM cities c WHERE c.tenant = p.tenant), (SELECT max(people) FROM ports c WHERE c.id = p.id) FROM places p

SELECT name FROM cities WHERE (tenant, id) IN (SELECT tenant, id FROM places WHERE name LIKE '%2')

SELECT p.name FROM places p WHERE NOT EXISTS (SELECT FROM ports c WHERE c.tenant = p.tenant AND c.id = p.id)

SELECT name, rank() OVER (PARTITION BY tenant ORDER BY people, name) FROM cities WHERE tenant < 4

SELECT DISTINCT people FROM cities ORDER BY 1 LIMIT 5

SELECT name FROM places WHERE tenant = ${3:int} UNION SELECT name FROM cities WHERE tenant = ${3:int}

WITH c AS (SELECT * FROM cities WHERE people > 20) SELECT a.name, b.name FROM c a JOIN c b USING (tenant, id)

SELECT * FROM tags ORDER BY id, tableoid::regclass::text

SELECT t.tag, count(*) FROM cities c JOIN tags t ON t.id = c.tenant GROUP BY t.tag

SELECT * FROM lone ORDER BY k, n

SELECT tableoid::regclass, sum(n) FROM lone GROUP BY 1 ORDER BY tableoid::regclass::text

SELECT l.k, c.name FROM lone l JOIN cities c ON c.id = l.k

SELECT * FROM cities WHERE tenant = 2 FOR UPDATE

SELECT c.name, p.name FROM cities c JOIN places p ON p.tenant = c.tenant AND p.id = c.id WHERE c.tenant = 3 FOR SHARE OF c

SELECT name FROM cities WHERE people > 100 FOR UPDATE

INSERT INTO cities SELECT tenant, id + 100 * length(name) + people * 1000, name, people FROM cities;
SELECT tableoid::regclass, * FROM cities

INSERT INTO sea_ports (tenant, id, name, people) SELECT tenant, id, name, 1 FROM cities WHERE tenant < 3;
SELECT tableoid::regclass, * FROM cities

INSERT INTO ports (tenant, id, people) VALUES (1, 1, -1)

UPDATE ONLY cities SET people = people + 1 WHERE tenant < 4;
SELECT tableoid::regclass, * FROM cities

DELETE FROM ONLY capitals WHERE people > 200;
SELECT tableoid::regclass, * FROM cities

UPDATE places p SET name = c.name FROM ports c WHERE p.tenant = c.tenant AND p.id = c.id AND c.tableoid = 'sea_ports'::regclass AND c.people > 1 RETURNING p.*

DELETE FROM places WHERE (tenant, id) IN (SELECT tenant, id FROM capitals) RETURNING *

UPDATE cities SET people = people + 1;
SELECT tableoid::regclass, * FROM cities

UPDATE cities SET name = upper(name), people = DEFAULT WHERE tenant = ${3:int} RETURNING tableoid::regclass, *

UPDATE cities c SET name = c.name || '!' WHERE id = 1 RETURNING c, c.tableoid::regclass::text, c.name || c.people

UPDATE cities c SET name = p.name FROM places p WHERE p.tenant = c.tenant AND p.id = c.id RETURNING c.tableoid::regclass, c.*, p.name

UPDATE cities c SET people = o.id FROM other o WHERE o.people = c.people RETURNING c.*

UPDATE ports SET depth = depth + 1, tenant = tenant + 1 WHERE id < 3 RETURNING *

UPDATE cities SET people = (SELECT max(people) FROM cities) WHERE people < (SELECT avg(people) FROM cities);
SELECT tableoid::regclass, * FROM cities

UPDATE cities SET (name, people) = (SELECT p.name, p.id FROM places p WHERE p.tenant = cities.tenant AND p.id = cities.id) WHERE id < 4 RETURNING *

DELETE FROM cities WHERE people > ${50:int};
SELECT tableoid::regclass, * FROM cities

DELETE FROM cities WHERE tenant = 2

DELETE FROM cities USING places p WHERE p.tenant = cities.tenant AND p.id = cities.id AND cities.people < 100 RETURNING cities.tableoid::regclass, cities.*, p.*

DELETE FROM ports WHERE (tenant, id) IN (SELECT tenant, id FROM capitals) RETURNING *

WITH most AS (SELECT max(people) AS people FROM cities) DELETE FROM cities c USING most WHERE c.people = most.people RETURNING c.*

WITH gone AS (DELETE FROM cities WHERE tenant < 3 RETURNING name, people) SELECT count(*), sum(people) FROM gone

WITH gone AS (DELETE FROM capitals WHERE tenant < 3 RETURNING *) UPDATE places p SET name = g.name FROM gone g WHERE g.tenant = p.tenant AND g.id = p.id RETURNING p.*

INSERT INTO places SELECT tenant, 1000 + people, name FROM cities WHERE tableoid = 'ports'::regclass AND id = 2;
WITH c AS (UPDATE cities SET people = people + 1 RETURNING *) SELECT c.*, d.people FROM c JOIN cities d USING (tenant, id, name)

UPDATE tags SET tag = tag || '.' WHERE id > 4 RETURNING tableoid::regclass, *

DELETE FROM tags WHERE tag = 'tag 5'

UPDATE lone SET n = n + 1 WHERE k > 3 RETURNING *

DELETE FROM lone

UPDATE cities SET people = -people WHERE tenant = 3 AND name = 'city 3'

UPDATE sea_ports SET tenant = 3 WHERE tenant = 2 RETURNING *

TRUNCATE capitals;
SELECT tableoid::regclass, count(*) FROM cities GROUP BY 1 ORDER BY tableoid::regclass::text

TRUNCATE ONLY cities;
SELECT tableoid::regclass, count(*) FROM cities GROUP BY 1 ORDER BY tableoid::regclass::text

TRUNCATE cities;
SELECT count(*) FROM cities

BEGIN;
ALTER TABLE cities ADD COLUMN mayor text DEFAULT 'nobody';
SELECT * FROM cities;
ROLLBACK

ALTER TABLE cities ADD COLUMN state text;
SELECT * FROM cities;
ALTER TABLE cities DROP COLUMN state;
SELECT * FROM capitals

BEGIN;
ALTER TABLE cities DROP COLUMN people;
SELECT * FROM cities;
SELECT * FROM sea_ports;
ROLLBACK

BEGIN;
ALTER TABLE cities RENAME COLUMN people TO souls;
SELECT tenant, souls FROM ports;
ROLLBACK

BEGIN;
ALTER TABLE cities ALTER COLUMN people TYPE bigint USING people * 2;
SELECT * FROM cities;
ROLLBACK

BEGIN;
ALTER TABLE cities ADD CONSTRAINT named CHECK (name <> 'x');
INSERT INTO capitals VALUES (1, 50, 'x', 1);
ROLLBACK

BEGIN;
ALTER TABLE cities ALTER COLUMN name SET NOT NULL;
INSERT INTO sea_ports VALUES (1, 50, NULL, 1);
ROLLBACK

BEGIN;
ALTER TABLE cities DROP CONSTRAINT cities_people_check;
INSERT INTO ports (tenant, id, people) VALUES (1, 50, -1);
SELECT * FROM cities WHERE people < 0;
ROLLBACK

BEGIN;
ALTER TABLE cities RENAME CONSTRAINT cities_people_check TO positive;
INSERT INTO ports (tenant, id, people) VALUES (1, 50, -1);
ROLLBACK

ALTER TABLE ports NO INHERIT cities;
SELECT tableoid::regclass, count(*) FROM cities GROUP BY 1 ORDER BY tableoid::regclass::text;
ALTER TABLE ports INHERIT cities;
SELECT tableoid::regclass, count(*) FROM cities GROUP BY 1 ORDER BY tableoid::regclass::text

CREATE TABLE towns (mayor text, CHECK (id < 100)) INHERITS (cities);
INSERT INTO towns SELECT t, t, 'town', t, 'm' FROM generate_series(1, 10) t;
INSERT INTO towns VALUES (1, 200, 'x', 1, 'x');
SELECT tableoid::regclass, count(*) FROM cities GROUP BY 1 ORDER BY tableoid::regclass::text;
DROP TABLE towns;
SELECT count(*) FROM cities

CREATE TABLE towns (tenant int, mayor text, people int, id int NOT NULL, name text, CONSTRAINT cities_people_check CHECK (people > 0));
INSERT INTO towns SELECT t, 'm', t, t, 'town' FROM generate_series(1, 10) t;
ALTER TABLE towns ALTER COLUMN tenant SET NOT NULL, INHERIT cities;
SELECT tableoid::regclass, count(*) FROM cities GROUP BY 1 ORDER BY tableoid::regclass::text

DROP TABLE capitals

DROP TABLE capitals CASCADE;
SELECT tableoid::regclass, count(*) FROM cities GROUP BY 1 ORDER BY tableoid::regclass::text
