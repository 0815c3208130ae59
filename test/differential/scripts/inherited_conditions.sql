Distributed tables that inherit from each other, changed under the conditions of views, policies and subqueries.

--- include cities.tables

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;

--- tables
CREATE TABLE files (owner text, id int, size int CHECK (size < 1000), PRIMARY KEY (owner, id));
CREATE TABLE images (pixels int) INHERITS (files);
CREATE TABLE quotas (id int PRIMARY KEY, largest int);
ALTER TABLE files ENABLE ROW LEVEL SECURITY;
ALTER TABLE images ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_files ON files USING (owner = current_user OR size < 3);
CREATE POLICY in_quota ON files AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (size <= (SELECT max(largest) FROM quotas));
CREATE POLICY large_images ON images USING (size > 4);
GRANT SELECT, UPDATE, DELETE ON files, quotas TO ann;

--- distribute
SELECT create_distributed_table('quotas', 'id');
SELECT create_distributed_table('files', 'owner');

--- data
INSERT INTO files SELECT o, i, i FROM generate_series(1, 5) i, (VALUES ('ann'), ('bob'), ('eve')) v (o);
INSERT INTO images SELECT o, i, i, i FROM generate_series(1, 6) i, (VALUES ('ann'), ('bob')) v (o);
INSERT INTO quotas SELECT i, i FROM generate_series(1, 20) i;

--- here
CREATE VIEW small_cities WITH (security_barrier) AS SELECT * FROM cities WHERE people < 40;
CREATE VIEW middling WITH (security_barrier) AS SELECT * FROM cities WHERE people > (SELECT min(people) * 10 FROM other) WITH CHECK OPTION;

--- statements
UPDATE small_cities SET name = 'small ' || name RETURNING *;
SELECT tableoid::regclass, * FROM cities

DELETE FROM small_cities WHERE id < 4;
SELECT tableoid::regclass, * FROM cities

UPDATE middling SET people = people - 1 RETURNING *

UPDATE middling SET people = people - 1 WHERE tenant > 6;
DELETE FROM middling WHERE tenant < 4 RETURNING *

-- what is computed once for the whole tree
UPDATE cities SET people = 1 WHERE people IN (SELECT people FROM cities ORDER BY people, name LIMIT 7) RETURNING tableoid::regclass, *

UPDATE cities SET people = (SELECT p.id FROM places p WHERE p.tenant = cities.tenant ORDER BY p.id DESC LIMIT 1) WHERE tenant < 4;
SELECT tableoid::regclass, * FROM cities

UPDATE cities SET (name, people) = (SELECT name, id FROM places ORDER BY tenant, id OFFSET 3 LIMIT 1) WHERE id = 1 RETURNING *, (SELECT max(o.id) FROM (SELECT id FROM other ORDER BY id LIMIT 4) o)

UPDATE cities SET people = s.r FROM (SELECT tenant, id, row_number() OVER (ORDER BY tenant DESC, id) AS r FROM places) s WHERE s.tenant = cities.tenant AND s.id = cities.id RETURNING cities.*, r

DELETE FROM cities USING (SELECT DISTINCT ON (tenant) tenant, id FROM places ORDER BY tenant, id DESC) s WHERE s.tenant = cities.tenant AND s.id = cities.id RETURNING cities.*

WITH n AS (SELECT 3 AS n) DELETE FROM ports WHERE (tenant, id) IN (SELECT tenant, id FROM ports ORDER BY people, tenant LIMIT (SELECT n FROM n) FOR UPDATE) RETURNING *

-- count
DELETE FROM cities WHERE people < (SELECT random() * 0) OR EXISTS (SELECT FROM other WHERE random() < 0) OR tenant = (SELECT 1 + floor(random())::int)

-- policies of the table that is named are those of the tree
SET ROLE ann;
SELECT tableoid::regclass, * FROM files;
SELECT owner, count(*), max(size) FROM files GROUP BY owner;
SELECT f FROM files f WHERE id = 2;
SELECT a.id, b.owner FROM files a JOIN files b USING (size) WHERE a.owner = 'ann';
SELECT * FROM files WHERE owner = 'bob' FOR UPDATE;
SELECT * FROM ONLY files

SET ROLE ann;
UPDATE files SET size = size + 10 RETURNING tableoid::regclass, *;
SELECT tableoid::regclass, * FROM files;
RESET ROLE;
SELECT tableoid::regclass, * FROM files

SET ROLE ann;
UPDATE files SET size = 50 WHERE id = 3

SET ROLE ann;
UPDATE files SET owner = 'bob', size = 2 WHERE id = 4 RETURNING *;
DELETE FROM files WHERE id IN (SELECT id FROM files WHERE owner = 'bob' ORDER BY id DESC LIMIT 1) RETURNING *;
DELETE FROM files;
RESET ROLE;
SELECT tableoid::regclass, * FROM files

SET ROLE ann;
SELECT * FROM images

SET ROLE ann;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM files WHERE size = 6;
FETCH c;
UPDATE files SET size = 7 WHERE CURRENT OF c RETURNING tableoid::regclass, *;
ROLLBACK
