Tables that the user partitioned, distributed by a key: partitions in several levels, with other column numbers, a default one.

--- tables
CREATE TABLE kinds (kind text PRIMARY KEY, weight int);
CREATE TABLE visits (tenant int NOT NULL, day date NOT NULL, id int NOT NULL, kind text, amount numeric(10,2) DEFAULT 1.5, note text,
	PRIMARY KEY (tenant, day, id)) PARTITION BY RANGE (day);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE visits_2 (gone int, note text, kind text, day date NOT NULL, amount numeric(10,2) DEFAULT 2.5, id int NOT NULL,
	gone2 text, tenant int NOT NULL);
ALTER TABLE visits_2 DROP COLUMN gone, DROP COLUMN gone2;
ALTER TABLE visits ATTACH PARTITION visits_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE visits_3 PARTITION OF visits FOR VALUES FROM ('2024-03-01') TO ('2024-06-01') PARTITION BY LIST (id);
CREATE TABLE visits_3a PARTITION OF visits_3 FOR VALUES IN (1, 2, 3);
CREATE TABLE visits_3b PARTITION OF visits_3 DEFAULT;
CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
CREATE INDEX ON visits (kind);
CREATE TABLE people (tenant int, name text, born date, PRIMARY KEY (tenant, name)) PARTITION BY HASH (name);
CREATE TABLE people_0 PARTITION OF people FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE people_1 PARTITION OF people FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE people_2 PARTITION OF people FOR VALUES WITH (MODULUS 3, REMAINDER 2);
CREATE TABLE slots (tenant int, area text, n int) PARTITION BY LIST (area);
CREATE TABLE slots_ab PARTITION OF slots FOR VALUES IN ('a', 'b');
CREATE TABLE slots_c PARTITION OF slots FOR VALUES IN ('c', NULL);
CREATE TABLE lone (k int PRIMARY KEY, n int) PARTITION BY RANGE (k);
CREATE TABLE lone_1 PARTITION OF lone FOR VALUES FROM (MINVALUE) TO (10);
CREATE TABLE lone_2 PARTITION OF lone FOR VALUES FROM (10) TO (MAXVALUE);
CREATE TABLE lone_by_hash (k int, n int) PARTITION BY HASH (k);
CREATE TABLE lone_by_hash_0 PARTITION OF lone_by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE lone_by_hash_1 PARTITION OF lone_by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE plain (tenant int, id int, day date, PRIMARY KEY (tenant, id));
CREATE TABLE other (id int PRIMARY KEY, day date, tenant int);

--- distribute
SELECT create_reference_table('kinds');
SELECT create_distributed_table('visits', 'tenant');
SELECT create_distributed_table('people', 'tenant', colocate_with => 'visits');
SELECT create_distributed_table('slots', 'tenant', colocate_with => 'visits');
SELECT create_distributed_table('plain', 'tenant', colocate_with => 'visits');
SELECT create_distributed_table('other', 'id');
SELECT create_distributed_table('lone', NULL);
SELECT create_distributed_table('lone_by_hash', NULL);

--- data
INSERT INTO kinds SELECT chr(97 + k), k FROM generate_series(0, 3) k;
INSERT INTO visits SELECT t, date '2024-01-01' + d * 11, d, chr(97 + (t + d) % 5), t * d * 0.25, CASE WHEN d % 4 > 0 THEN 'n' || d END
	FROM generate_series(1, 9) t, generate_series(0, 15) d;
INSERT INTO people SELECT t, 'p' || p, date '1970-01-01' + t * p * 100 FROM generate_series(1, 9) t, generate_series(1, 7) p;
INSERT INTO slots SELECT t, CASE WHEN n % 4 < 3 THEN chr(97 + n % 4) END, n FROM generate_series(1, 9) t, generate_series(1, 8) n;
INSERT INTO plain SELECT t, i, date '2024-01-01' + i * 15 FROM generate_series(1, 9) t, generate_series(1, 8) i;
INSERT INTO other SELECT i, date '2024-01-01' + i * 5, 1 + i % 10 FROM generate_series(1, 30) i;

INSERT INTO lone SELECT i, i % 3 FROM generate_series(1, 20) i;

--- statements
SELECT tableoid::regclass, count(*), sum(n) FROM lone GROUP BY 1 ORDER BY tableoid::regclass::text

SELECT * FROM lone JOIN other ON id = k WHERE k BETWEEN ${8:int} AND ${12:int} ORDER BY k

UPDATE lone SET k = k + 20 WHERE k < 4 RETURNING tableoid::regclass, *

UPDATE lone SET n = o.tenant FROM other o WHERE o.id = k RETURNING k, n

INSERT INTO lone VALUES (${5:int}, 0), (50, 1) ON CONFLICT (k) DO UPDATE SET n = 100 RETURNING *

DELETE FROM lone WHERE n = (SELECT min(tenant) FROM visits) RETURNING tableoid::regclass, k

SELECT count(*), sum(amount), min(day), max(note) FROM visits

SELECT * FROM visits WHERE tenant = ${3:int} ORDER BY day

SELECT * FROM visits WHERE tenant = ${3:int} AND day = ${2024-02-14:date} ORDER BY day

SELECT * FROM visits WHERE day BETWEEN ${2024-02-01:date} AND ${2024-03-20:date} ORDER BY tenant, day, id

SELECT tenant, count(*), sum(amount) FROM visits WHERE day < ${2024-03-01:date} GROUP BY tenant ORDER BY tenant

SELECT kind, count(*), avg(amount), count(DISTINCT tenant) FROM visits GROUP BY kind ORDER BY kind

SELECT date_trunc('month', day) AS month, sum(amount) FROM visits GROUP BY 1 ORDER BY 1

SELECT * FROM ONLY visits

SELECT count(*) FROM ONLY visits_3

SELECT * FROM ONLY visits WHERE tenant = ${3:int}

SELECT count(*) FROM ONLY visits v JOIN plain p ON p.tenant = v.tenant

SELECT * FROM visits_1 ORDER BY tenant, day

SELECT * FROM visits_2 WHERE tenant = ${4:int} ORDER BY day

SELECT * FROM visits_3 WHERE id = ${8:int} ORDER BY tenant

SELECT * FROM visits_3b ORDER BY tenant, day LIMIT 7

SELECT v FROM visits v WHERE tenant = 2 ORDER BY v.day

SELECT (v).note, (v).id FROM visits v ORDER BY v.tenant, v.day LIMIT 20

SELECT to_jsonb(v) FROM visits v WHERE day > '2024-01-30' ORDER BY v.tenant, v.day LIMIT 12

SELECT v FROM visits_2 v ORDER BY v.tenant, v.day LIMIT 5

SELECT tableoid::regclass, count(*) FROM visits GROUP BY 1 ORDER BY tableoid::regclass::text

SELECT tableoid::regclass, day FROM visits WHERE tenant = ${5:int} ORDER BY day

SELECT tableoid::regclass::text AS part, count(*) FROM visits WHERE id < 5 GROUP BY 1 ORDER BY 1

SELECT count(*) FROM visits WHERE tableoid = 'visits_2'::regclass

SELECT day, id FROM visits WHERE tableoid = 'visits_2'::regclass AND tenant = ${6:int} ORDER BY day

SELECT relname, count(*) FROM visits v JOIN pg_class c ON c.oid = v.tableoid GROUP BY relname ORDER BY relname

SELECT relname, v.id FROM visits v JOIN pg_class c ON c.oid = v.tableoid WHERE v.tenant = 4 ORDER BY v.day

SELECT p.id, v.tableoid::regclass FROM plain p LEFT JOIN visits v ON v.tenant = p.tenant AND v.day = p.day WHERE p.tenant < 3 ORDER BY p.tenant, p.id

SELECT s.tableoid::regclass, n FROM slots s WHERE area IS NULL ORDER BY tenant, n LIMIT 5

SELECT v.id, p.id FROM visits v JOIN plain p ON p.tenant = v.tenant AND p.day = v.day ORDER BY v.tenant, v.id

SELECT v.id, p.name FROM visits v JOIN people p USING (tenant) WHERE tenant = ${3:int} AND v.day < '2024-02-01' ORDER BY 1, 2

SELECT v.day, count(*) FROM visits v JOIN visits w ON w.tenant = v.tenant AND w.day = v.day GROUP BY v.day ORDER BY 1

SELECT v.day, o.id FROM visits v JOIN other o ON o.day = v.day ORDER BY v.tenant, v.day, o.id

SELECT v.tenant, o.id, v.note FROM other o LEFT JOIN visits_1 v ON v.tenant = o.tenant AND v.day = o.day ORDER BY o.id, v.tenant

SELECT k.weight, count(v.id) FROM kinds k LEFT JOIN visits v USING (kind) GROUP BY k.weight ORDER BY 1

SELECT tenant, day FROM visits v WHERE EXISTS (SELECT FROM slots s WHERE s.tenant = v.tenant AND s.n = v.id AND area = 'c') ORDER BY 1, 2

SELECT tenant, day FROM visits v WHERE NOT EXISTS (SELECT FROM slots s WHERE s.n = v.id AND s.area IS NULL) ORDER BY 1, 2

SELECT tenant, day, rank() OVER (PARTITION BY tenant ORDER BY amount DESC, day) FROM visits WHERE day >= '2024-03-01' ORDER BY 1, 2

SELECT day, sum(sum(amount)) OVER (ORDER BY day) FROM visits GROUP BY day ORDER BY day

WITH v AS MATERIALIZED (SELECT * FROM visits WHERE kind = 'b') SELECT tenant, max(day) FROM v GROUP BY tenant ORDER BY tenant

SELECT 'v', tenant, day FROM visits_1 UNION ALL SELECT 'w', tenant, day FROM visits_3a ORDER BY 1, 2, 3

SELECT tenant, name FROM people WHERE name = ${p3:text} ORDER BY tenant

SELECT count(*) FROM people WHERE tenant = ANY (${{1,3,5}:int[]})

SELECT * FROM visits WHERE tenant IN (2, 5) AND id = ANY (${{2,9}:int[]}) ORDER BY tenant, day

SELECT * FROM visits ORDER BY amount DESC NULLS LAST, tenant, day LIMIT 5 OFFSET 3

SELECT ctid IS NOT NULL, xmin IS NOT NULL FROM visits WHERE tenant = 1 AND day = '2024-01-01'

SELECT day FROM visits WHERE tenant = ${2:int} ORDER BY day FOR UPDATE

SELECT tenant, day FROM visits WHERE kind = 'c' ORDER BY 1, 2 FOR SHARE

INSERT INTO visits VALUES (${3:int}, ${2024-01-02:date}, 100, 'x') RETURNING *

INSERT INTO visits (id, day, tenant) VALUES (101, '2024-02-02', 4), (102, '2024-03-02', 5), (103, '2023-03-02', 6) RETURNING tableoid::regclass, *

INSERT INTO visits_2 (id, day, tenant) VALUES (101, '2024-02-02', 4) RETURNING *

INSERT INTO visits_2 (id, day, tenant) VALUES (101, '2024-03-02', 4)

INSERT INTO visits_3 (id, day, tenant) VALUES (1, '2024-03-02', 4), (9, '2024-03-02', 4) RETURNING tableoid::regclass

INSERT INTO visits VALUES (1, '2024-01-01', 0)

INSERT INTO visits_1 SELECT * FROM visits WHERE tenant = 1

INSERT INTO slots VALUES (1, 'z', 1)

INSERT INTO slots VALUES (1, 'a', 1), (2, NULL, 2) RETURNING *

INSERT INTO visits SELECT tenant + 20, day, id, kind, amount, note FROM visits

INSERT INTO visits SELECT tenant, day + 200, id, kind FROM visits WHERE day < '2024-02-01'

INSERT INTO visits (tenant, day, id) SELECT tenant, day, id + 1000 FROM plain

-- any row
INSERT INTO visits (tenant, day, id) SELECT tenant, day, id + 1000 FROM other WHERE day < '2024-02-01'

INSERT INTO plain SELECT tenant, id + 100, day FROM visits

INSERT INTO visits VALUES (1, '2024-01-01', 0, 'new') ON CONFLICT (tenant, day, id) DO UPDATE SET note = 'conflict ' || EXCLUDED.kind RETURNING *

INSERT INTO visits SELECT tenant, day, id, 'again' FROM visits WHERE id < 4 ON CONFLICT (tenant, day, id) DO UPDATE SET kind = EXCLUDED.kind, amount = visits.amount + 1

INSERT INTO visits VALUES (1, '2024-01-01', 0), (2, '2024-02-03', 300) ON CONFLICT DO NOTHING RETURNING tenant, id

INSERT INTO visits VALUES (1, '2024-01-01', 0) ON CONFLICT ON CONSTRAINT visits_pkey DO NOTHING

UPDATE visits SET note = 'u' WHERE tenant = ${3:int} AND day = '2024-01-12' RETURNING *

UPDATE visits SET note = 'u', amount = amount * 2 WHERE kind = 'b'

UPDATE visits SET day = day + 31 WHERE tenant = ${3:int} AND id < 3 RETURNING tableoid::regclass, day

UPDATE visits SET day = '2024-04-01', id = id + 50 WHERE day < '2024-02-01'

UPDATE visits_1 SET day = '2024-04-01' WHERE tenant = 2

UPDATE visits_1 SET note = note || '!' RETURNING tenant, day, note

UPDATE visits_3 SET id = 2 WHERE tenant = 1 AND id = 8 RETURNING tableoid::regclass, *

UPDATE ONLY visits SET note = 'none'

UPDATE visits SET tenant = tenant WHERE id = 2

UPDATE visits v SET note = p.name FROM people p WHERE p.tenant = v.tenant AND p.name = 'p' || v.id RETURNING v.tenant, v.id, v.note

UPDATE visits v SET note = 'o' || o.id FROM other o WHERE o.day = v.day RETURNING v.tenant, v.day, v.note

UPDATE visits SET note = 'top' WHERE amount > (SELECT avg(amount) FROM visits)

UPDATE visits SET amount = (SELECT count(*) FROM other o WHERE o.tenant = visits.tenant) WHERE id = 1

UPDATE visits SET amount = (SELECT count(*) FROM other o WHERE o.tenant = visits.tenant), day = day + 60 WHERE id IN (1, 2) RETURNING tableoid::regclass, *

DELETE FROM visits WHERE tenant = ${3:int} AND id = ${7:int} RETURNING *

DELETE FROM visits WHERE day >= '2024-03-01'

DELETE FROM visits_2

DELETE FROM visits_3 WHERE id < 9 RETURNING tableoid::regclass, tenant, day

DELETE FROM ONLY visits

DELETE FROM visits v USING other o WHERE o.day = v.day AND o.tenant = 3 RETURNING v.tenant, v.day, o.id

DELETE FROM visits WHERE (tenant, day) IN (SELECT tenant, day FROM visits ORDER BY amount DESC, tenant, day LIMIT 6) RETURNING tenant, day

WITH gone AS (DELETE FROM visits WHERE kind = 'c' RETURNING *) INSERT INTO visits SELECT tenant, day - 365, id, 'moved' FROM gone RETURNING tableoid::regclass, tenant, day

WITH a AS (UPDATE visits SET note = 'a' WHERE tenant = 1 RETURNING day), b AS (DELETE FROM slots WHERE n = 1 RETURNING tenant) SELECT (SELECT count(*) FROM a), (SELECT sum(tenant) FROM b)

-- no explain
MERGE INTO visits v USING plain p ON v.tenant = p.tenant AND v.day = p.day WHEN MATCHED THEN UPDATE SET note = 'merged' WHEN NOT MATCHED THEN INSERT (tenant, day, id) VALUES (p.tenant, p.day, p.id + 500)

-- no explain
MERGE INTO visits v USING other o ON v.tenant = o.tenant AND v.day = o.day WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (tenant, day, id) VALUES (o.tenant, o.day, o.id + 700)

-- no explain
MERGE INTO visits v USING plain p ON v.tenant = p.tenant AND v.day = p.day AND v.tenant = ${3:int} AND p.tenant = ${3:int} WHEN MATCHED THEN UPDATE SET note = 'one'

TRUNCATE visits

TRUNCATE visits_1

TRUNCATE visits_3, people

TRUNCATE ONLY visits

COPY visits FROM STDIN;
30	2024-01-05	1	a	1.5	one
31	2024-02-05	2	b	2.5	\N
32	2024-05-05	3	c	\N	three
33	2030-01-01	4	d	0	four
\.

COPY visits_2 (id, tenant, day) FROM STDIN;
1	30	2024-02-05
2	31	2024-02-06
\.

COPY visits_2 (id, tenant, day) FROM STDIN;
1	30	2024-01-05
\.

COPY slots FROM STDIN (FORMAT csv);
1,a,5
2,q,6
\.

COPY visits TO STDOUT

COPY (SELECT * FROM visits ORDER BY tenant, day) TO STDOUT

-- ordered
COPY (SELECT * FROM visits_3 ORDER BY tenant, day, id) TO STDOUT (FORMAT csv, HEADER)

-- no explain
SELECT relid, parentrelid, isleaf, level FROM pg_partition_tree('visits') ORDER BY relid::text

DECLARE c CURSOR FOR SELECT tenant, day FROM visits WHERE kind = 'a' ORDER BY 1, 2;
FETCH 3 FROM c;
FETCH 2 FROM c;

PREPARE p (int, date) AS SELECT tenant, day, note FROM visits WHERE tenant = $1 AND day >= $2 ORDER BY day;
EXECUTE p (3, '2024-03-01');
EXECUTE p (4, '2024-01-20');
EXECUTE p (3, '2020-01-01');
DEALLOCATE p;

-- rows that change node
UPDATE visits SET tenant = tenant + ${100|20:int} WHERE id < 5

UPDATE visits SET tenant = ${77:int}, day = day + 31, id = id + tenant * 1000 WHERE kind = 'b' RETURNING tableoid::regclass, *

UPDATE visits_1 SET tenant = tenant + 50 RETURNING *

UPDATE visits_3 SET tenant = tenant * 3, id = 2 WHERE tenant = 4 AND id = 9 RETURNING tableoid::regclass, *

-- any row
UPDATE visits_1 SET tenant = tenant + 50, day = '2024-05-05'

-- any row
UPDATE visits_1 SET tenant = 1 WHERE tenant < 4

UPDATE visits v SET tenant = o.id + 200, note = 'moved' FROM other o WHERE o.day = v.day AND o.tenant = v.tenant RETURNING v.*

UPDATE people SET tenant = tenant + 40, name = upper(name) WHERE tenant IN (1, 5)

UPDATE slots SET tenant = n * 11, area = CASE WHEN n = 2 THEN NULL ELSE 'b' END WHERE n < 5

MERGE INTO visits v USING other o ON v.tenant = o.tenant AND v.day = o.day WHEN MATCHED THEN UPDATE SET tenant = v.tenant + 60, day = '2024-02-20' WHEN NOT MATCHED THEN INSERT (tenant, day, id) VALUES (o.tenant, o.day, 999)

WITH u AS (UPDATE visits SET tenant = tenant + 30 WHERE id = 3 RETURNING tenant, day) SELECT visits.tableoid::regclass, count(*) FROM visits JOIN u USING (day) GROUP BY 1

BEGIN;
SAVEPOINT s;
UPDATE visits SET tenant = tenant + 10;
ROLLBACK TO s;
UPDATE visits SET tenant = tenant + 10 WHERE id = 0;
DELETE FROM visits WHERE tenant = 11;
COMMIT

-- rows that are inserted into a partition, once it was checked that others belong there
INSERT INTO lone_by_hash_0 VALUES (1, 1);
INSERT INTO lone_by_hash_0 VALUES (2, 1);
INSERT INTO lone_by_hash_0 VALUES (${2|3:int}, 2);
SELECT tableoid::regclass, * FROM lone_by_hash;

INSERT INTO people_0 SELECT tenant, name FROM people_0 WHERE tenant = 1 ON CONFLICT DO NOTHING;
INSERT INTO people_0 SELECT 20, min(name) FROM people_0;
INSERT INTO people_0 VALUES (21, ${p1|p2|p3|p4:text});
