Ordinary tables that inherit from each other, beside distributed tables: joined, changed by them, and read in subqueries.

--- tables
CREATE TABLE places (tenant int, id int, name text, PRIMARY KEY (tenant, id));
CREATE TABLE tags (id int PRIMARY KEY, tag text);

--- distribute
SELECT create_distributed_table('places', 'tenant');
SELECT create_reference_table('tags');

--- data
INSERT INTO places SELECT t, i, 'place ' || t * i FROM generate_series(1, 8) t, generate_series(1, 4) i;
INSERT INTO tags SELECT t, 'tag ' || t FROM generate_series(1, 6) t;

--- here
CREATE TABLE cities (tenant int, id int, name text, people int CHECK (people > 0));
CREATE TABLE capitals (state text) INHERITS (cities);
CREATE TABLE ports (gone int, depth int, id int, tenant int);
ALTER TABLE ports DROP COLUMN gone, ADD COLUMN name text, ADD COLUMN people int CHECK (people > 0), ADD CONSTRAINT cities_people_check CHECK (people > 0);
ALTER TABLE ports INHERIT cities;
CREATE TABLE sea_ports (sea text) INHERITS (ports, capitals);
INSERT INTO cities SELECT c % 8 + 1, c % 4 + 1, 'city ' || c, c * 10 FROM generate_series(1, 12) c;
INSERT INTO capitals SELECT c % 8 + 1, c % 4 + 1, 'capital ' || c, c * 100, 's' || c FROM generate_series(1, 8) c;
INSERT INTO ports (tenant, id, name, people, depth) SELECT c % 8 + 1, c % 3 + 1, 'port ' || c, c * 7, c FROM generate_series(1, 8) c;
INSERT INTO sea_ports (tenant, id, name, people, depth, state, sea) SELECT c, 1, 'sea port ' || c, c, c, 's' || c, 'North' FROM generate_series(1, 4) c;

--- statements
SELECT c.name, p.name FROM cities c JOIN places p ON p.tenant = c.tenant AND p.id = c.id

SELECT c.name, p.name FROM ONLY cities c JOIN places p ON p.tenant = c.tenant AND p.id = c.id

SELECT c.tableoid::regclass, c.name, p.id FROM cities c LEFT JOIN places p USING (tenant, id) ORDER BY 1, 2, 3

SELECT c, p FROM capitals c JOIN places p ON p.id = c.id AND p.tenant = c.tenant

SELECT p.tenant, p.id, (SELECT count(*) FROM cities c WHERE c.tenant = p.tenant), (SELECT max(people) FROM ports c WHERE c.id = p.id) FROM places p

SELECT name FROM cities WHERE (tenant, id) IN (SELECT tenant, id FROM places WHERE name LIKE '%2')

SELECT p.name FROM places p WHERE NOT EXISTS (SELECT FROM cities c WHERE c.tenant = p.tenant AND c.id = p.id)

SELECT t.tag, sum(c.people) FROM cities c JOIN tags t ON t.id = c.tenant GROUP BY t.tag

SELECT c.name FROM cities c FULL JOIN places p ON p.tenant = c.tenant AND p.id = c.id AND c.people > 50 WHERE p.id IS NULL OR c.id IS NULL OR p.id = 2

SELECT name FROM places WHERE tenant = ${3|5:int} UNION ALL SELECT name FROM cities WHERE tenant = ${3|5:int}

SELECT c.name, p.name FROM cities c JOIN places p ON p.tenant = c.tenant AND p.id = c.id FOR UPDATE OF c

SELECT c.name, p.name FROM cities c JOIN places p ON p.tenant = c.tenant AND p.id = c.id FOR UPDATE

INSERT INTO places SELECT tenant, 100 + row_number() OVER (ORDER BY name), name FROM cities

INSERT INTO sea_ports (tenant, id, name, people) SELECT tenant, id, name, 1 FROM places WHERE tenant < 3;
SELECT tableoid::regclass, * FROM cities

UPDATE cities c SET name = p.name FROM places p WHERE p.tenant = c.tenant AND p.id = c.id;
SELECT tableoid::regclass, * FROM cities

UPDATE cities c SET people = people + 1 FROM places p WHERE p.tenant = c.tenant AND p.id = c.id RETURNING c.tableoid::regclass, c.*, p.name

UPDATE ONLY cities c SET name = p.name FROM places p WHERE p.tenant = c.tenant AND p.id = c.id RETURNING c.*

UPDATE ports SET depth = (SELECT sum(p.id) FROM places p WHERE p.tenant = ports.tenant) RETURNING tableoid::regclass, *

UPDATE places p SET name = c.name FROM ports c WHERE p.tenant = c.tenant AND p.id = c.id AND c.people > 30 RETURNING p.*, c.*

DELETE FROM cities c USING places p WHERE p.tenant = c.tenant AND p.id = c.id AND p.tenant < 5 RETURNING c.tableoid::regclass, c.*

DELETE FROM capitals WHERE id IN (SELECT id FROM places WHERE name LIKE '%2');
SELECT tableoid::regclass, * FROM cities

DELETE FROM places p USING cities c WHERE p.tenant = c.tenant AND p.id = c.id AND c.people > 100

MERGE INTO places p USING cities c ON p.tenant = c.tenant AND p.id = c.id AND c.people > 100 WHEN MATCHED THEN UPDATE SET name = c.name;
SELECT * FROM places

WITH gone AS (DELETE FROM cities WHERE people < 50 RETURNING tenant, id) SELECT p.name FROM places p JOIN gone USING (tenant, id)
