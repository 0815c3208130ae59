Changes of parts of columns, of domains, of partitioned tables, and through views: check options, rules, INSTEAD OF triggers.

--- everywhere
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE DOMAIN shortt AS text NOT NULL DEFAULT 'dd' CHECK (length(VALUE) < 8);
CREATE TYPE inner_t AS (a int, b text);
CREATE TYPE outer_t AS (x inner_t, y int[], z inner_t[]);
CREATE DOMAIN od AS outer_t CHECK ((VALUE).y IS NULL OR array_length((VALUE).y, 1) < 5);
CREATE DOMAIN ia AS int[] CHECK (VALUE[1] IS NULL OR VALUE[1] < 100);

--- tables
CREATE TABLE dm (k posint, s shortt, o od, a ia, n posint DEFAULT 5);
CREATE TABLE co (k int, o outer_t, arr int[], m int[][], j jsonb, os outer_t[]);
CREATE TABLE pt (k int, day int, v int, note text DEFAULT 'p') PARTITION BY RANGE (day);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (0) TO (10);
CREATE TABLE pt2 PARTITION OF pt FOR VALUES FROM (10) TO (20);
CREATE TABLE ref (id int PRIMARY KEY, v int, s int GENERATED ALWAYS AS (v * 10) STORED, t text);
CREATE TABLE base (k int, v int, kind text, PRIMARY KEY (k));
CREATE TABLE audit (k int, what text);

--- distribute
SELECT create_distributed_table('dm', 'k');
SELECT create_distributed_table('co', 'k');
SELECT create_distributed_table('pt', 'k');
SELECT create_reference_table('ref');
SELECT create_distributed_table('base', 'k');
SELECT create_distributed_table('audit', 'k');

--- data
INSERT INTO dm SELECT i, 's' || i, ROW(ROW(i, 'b'), ARRAY[i, 2], NULL)::outer_t, ARRAY[i, i], i FROM generate_series(1, 10) i;
INSERT INTO co SELECT i, ROW(ROW(i, 'b'), ARRAY[i, 2, 3], ARRAY[ROW(1, 'z')::inner_t])::outer_t, ARRAY[i, i + 1, i + 2], ARRAY[[i, 1], [2, 3]], jsonb_build_object('a', i, 'b', jsonb_build_array(1, 2)), NULL FROM generate_series(1, 10) i;
INSERT INTO pt SELECT i, i % 20, i FROM generate_series(1, 30) i;
INSERT INTO ref (id, v) SELECT i, i FROM generate_series(1, 6) i;
INSERT INTO base SELECT i, i * 10, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END FROM generate_series(1, 12) i;

--- here
CREATE TABLE loc (k int, v int);
INSERT INTO loc SELECT i, i * 2 FROM generate_series(1, 12) i;
CREATE VIEW v_even AS SELECT k, v, kind FROM base WHERE kind = 'even' WITH CASCADED CHECK OPTION;
CREATE VIEW v_small AS SELECT * FROM v_even WHERE v < 100 WITH LOCAL CHECK OPTION;
CREATE VIEW v_plain AS SELECT k, v AS value, kind, v + 1 AS more FROM base WHERE v < 100;
CREATE VIEW v_on_plain AS SELECT * FROM v_plain WHERE value > 20 WITH CASCADED CHECK OPTION;
CREATE VIEW v_on_plain_local AS SELECT * FROM v_plain WHERE value > 20 WITH LOCAL CHECK OPTION;
CREATE VIEW v_sub AS SELECT * FROM base WHERE v IN (SELECT v * 5 FROM loc) WITH CHECK OPTION;
CREATE VIEW v_join AS SELECT b.k, b.v, l.v AS lv FROM base b JOIN loc l ON l.k = b.k;
CREATE FUNCTION v_join_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF TG_OP = 'INSERT' THEN INSERT INTO base VALUES (NEW.k, NEW.v, 'trig'); INSERT INTO loc VALUES (NEW.k, NEW.lv); RETURN NEW; END IF;
	IF TG_OP = 'UPDATE' THEN UPDATE base SET v = NEW.v WHERE k = OLD.k; UPDATE loc SET v = NEW.lv WHERE k = OLD.k; RETURN NEW; END IF;
	DELETE FROM base WHERE k = OLD.k; RETURN OLD; END $$;
CREATE TRIGGER io INSTEAD OF INSERT OR UPDATE OR DELETE ON v_join FOR EACH ROW EXECUTE FUNCTION v_join_trigger();
CREATE VIEW v_keyed AS SELECT * FROM base;
CREATE FUNCTION v_keyed_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO loc VALUES (OLD.k, OLD.v); RAISE NOTICE '% of %', TG_OP, OLD.k;
	IF TG_OP = 'UPDATE' THEN UPDATE base SET v = NEW.v WHERE k = OLD.k + 1; RETURN NEW; END IF;
	DELETE FROM base WHERE k = OLD.k; RETURN OLD; END $$;
CREATE TRIGGER io INSTEAD OF UPDATE OR DELETE ON v_keyed FOR EACH ROW EXECUTE FUNCTION v_keyed_trigger();
CREATE VIEW v_rule AS SELECT k, count(*) AS n FROM base GROUP BY k;
CREATE RULE ri AS ON INSERT TO v_rule DO INSTEAD INSERT INTO base VALUES (NEW.k, NEW.n, 'rule') RETURNING k, v::bigint;
CREATE RULE ru AS ON UPDATE TO v_rule DO INSTEAD (UPDATE base SET v = NEW.n WHERE k = OLD.k; INSERT INTO audit VALUES (NEW.k, 'upd'));
CREATE RULE rd AS ON DELETE TO v_rule DO INSTEAD DELETE FROM base WHERE k = OLD.k;
CREATE VIEW v_also AS SELECT * FROM base;
CREATE RULE ra AS ON INSERT TO v_also DO ALSO INSERT INTO audit VALUES (NEW.k, 'also ' || NEW.v);
CREATE RULE ra2 AS ON UPDATE TO v_also DO ALSO INSERT INTO audit SELECT NEW.k, 'was ' || OLD.v || ' is ' || NEW.v;
CREATE RULE ra3 AS ON DELETE TO v_also WHERE OLD.v > 50 DO INSTEAD NOTHING;

--- statements

COPY dm (k, s) FROM STDIN WHERE k > 10;
5	a
11	b
\.
SELECT k, s, n FROM dm WHERE k > 9;

COPY dm (k, s) FROM STDIN;
11	toolongstring
\.

COPY dm (k) FROM STDIN;
-1
\.

COPY pt FROM STDIN WHERE day < 15;
1	5	100	a
2	16	100	b
3	14	100	c
\.
SELECT * FROM pt WHERE v = 100;

COPY ref (id, v) FROM STDIN WHERE id IN (50, 51);
49	1
50	2
51	3
\.
TABLE ref;

INSERT INTO dm (k) VALUES (-1);

INSERT INTO dm (k) VALUES (20), (21) RETURNING *;

INSERT INTO dm (k, s) VALUES (20, NULL);

INSERT INTO dm (k, s) VALUES (20, 'toolongstring');

INSERT INTO dm (k, s, o) VALUES (20, 'a', ROW(NULL, ARRAY[1, 2, 3, 4, 5], NULL));

INSERT INTO dm SELECT k + 20, 'l' || k, ROW(ROW(k, 'z'), ARRAY[k], NULL)::outer_t, ARRAY[v] FROM loc RETURNING k, s, o, a, n;

-- any row
INSERT INTO dm SELECT k + 20, 'l' || k, NULL, ARRAY[v * 10] FROM loc;

UPDATE dm SET a[1] = 99 WHERE k < 4 RETURNING k, a;

UPDATE dm SET a[1] = 100 WHERE k = 4;

UPDATE dm SET o.x.b = 'changed', o.y[2] = k + 1 WHERE k < 5 RETURNING k, o;

UPDATE dm SET o.y[4] = 1, o.y[5] = 2 WHERE k = 2;

UPDATE dm SET o.z[2].b = 'zz', s = s || 'x' WHERE k > 7 RETURNING *;

UPDATE dm SET s = NULL WHERE k = 1;

-- any row
UPDATE dm SET n = n - 5;

UPDATE dm SET n = loc.v - 2 FROM loc WHERE loc.k = dm.k AND loc.k > 1 RETURNING n;

-- any row
UPDATE dm SET n = loc.v - 4 FROM loc WHERE loc.k = dm.k;

UPDATE dm SET o.x.a = loc.v, a[2:3] = ARRAY[loc.v, 7] FROM loc WHERE loc.v = dm.n RETURNING dm.k, dm.o, dm.a;

UPDATE dm SET k = k + 100, o.x = ROW(9, 'nine') WHERE k < 3 RETURNING *;

-- any row
UPDATE dm SET k = k - 5;

UPDATE co SET o.x.a = 5, arr[2] = 77, m[1][2] = 8, j['a'] = '"s"', j['c']['d'] = to_jsonb(k) WHERE k < 5 RETURNING *;

UPDATE co SET arr[5] = 1, arr[1:2] = '{8,9}', os[2].x.b = 'deep', os[1].y[3] = 4 WHERE k IN (3, 4, 5) RETURNING *;

UPDATE co SET o.z[1].a = l.v, j['b'][1] = to_jsonb(l.v), arr[l.k] = l.v FROM loc l WHERE l.v = (co.o).x.a AND l.k < 4 RETURNING co.*, l.k;

UPDATE co SET (o.x.a, o.x.b, arr[1]) = (1, 'two', 3) WHERE k = 5 RETURNING *;

UPDATE co SET (o.x.a, arr[1]) = (SELECT max(v), min(v) FROM loc WHERE loc.k <= co.k) WHERE k < 4 RETURNING *;

UPDATE co SET (o.x.a, arr[1]) = (SELECT max(v), min(v) FROM base WHERE base.k <= co.k) RETURNING k, o, arr;

INSERT INTO co (k, o.x.a, o.y[2], arr[3], m[2:2], j['x']) VALUES (50, 1, 2, 3, '{1,2}', '5'), (51, 6, 7, 8, '{3,4}', 'null') RETURNING *;

INSERT INTO co (k, o.x.a, o.x.b, arr[1]) SELECT k + 60, v, 'l', k FROM loc WHERE k < 4 RETURNING *;

INSERT INTO co (k, o.x.a, o.x.b, arr[1]) SELECT k + 60, v, 'l', k FROM base WHERE k < 4 RETURNING *;

MERGE INTO co USING loc l ON l.v = co.k WHEN MATCHED AND l.k < 3 THEN UPDATE SET o.x.a = l.k, arr[2] = l.v WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (k, o.x.b, arr[1]) VALUES (l.v + 100, 'm', l.k);

MERGE INTO co USING (VALUES (1, 5), (2, 6), (90, 7)) AS s(a, b) ON co.k = s.a WHEN MATCHED THEN UPDATE SET o.y[1] = b, j['m'] = to_jsonb(b) WHEN NOT MATCHED THEN INSERT (k, arr[1]) VALUES (a, b);

INSERT INTO v_even VALUES (20, 5, 'even'), (21, 6, 'even') RETURNING *;

INSERT INTO v_even VALUES (20, 5, 'even'), (21, 6, 'odd') RETURNING *;

INSERT INTO v_small VALUES (20, 5, 'odd');

INSERT INTO v_small VALUES (20, 500, 'even');

INSERT INTO v_small SELECT k + 20, v, 'even' FROM loc RETURNING *;

-- any row
INSERT INTO v_small SELECT k + 20, v * 6, 'even' FROM loc;

-- any row
UPDATE v_small SET v = v + 50 RETURNING *;

UPDATE v_small SET v = v + 10 WHERE k < 6 RETURNING *;

UPDATE v_small SET kind = 'odd' WHERE k = 2;

UPDATE v_small SET v = l.v FROM loc l WHERE l.k = v_small.k RETURNING v_small.*, l.v;

-- any row
UPDATE v_small SET v = l.v * 10 FROM loc l WHERE l.k = v_small.k;

-- any row
UPDATE v_on_plain SET value = value - 30 RETURNING *;

-- any row
UPDATE v_on_plain SET value = value + 30;

UPDATE v_on_plain_local SET value = value + 30 RETURNING *;

-- any row
UPDATE v_on_plain_local SET value = 10;

UPDATE v_on_plain SET more = 5;

INSERT INTO v_on_plain (k, value, kind) VALUES (30, 50, 'x') RETURNING *;

INSERT INTO v_on_plain (k, value, kind) VALUES (30, 150, 'x') RETURNING *;

INSERT INTO v_on_plain_local (k, value, kind) VALUES (30, 150, 'x') RETURNING *;

INSERT INTO v_on_plain (k, value, kind) VALUES (3, 50, 'x'), (33, 40, 'y') ON CONFLICT (k) DO UPDATE SET value = EXCLUDED.value + v_on_plain.value RETURNING *;

INSERT INTO v_on_plain (k, value, kind) VALUES (3, 90, 'x'), (33, 40, 'y') ON CONFLICT (k) DO UPDATE SET value = EXCLUDED.value + v_on_plain.value RETURNING *;

UPDATE v_sub SET v = v + 10 WHERE k < 4 RETURNING *;

-- any row
UPDATE v_sub SET v = v + 5;

INSERT INTO v_sub VALUES (40, 20, 'a') RETURNING *;

INSERT INTO v_sub VALUES (40, 21, 'a') RETURNING *;

DELETE FROM v_small WHERE v > 20 RETURNING *;

INSERT INTO v_join VALUES (50, 1, 2), (51, 3, 4) RETURNING *;

UPDATE v_join SET v = v + lv, lv = 0 WHERE k < 5 RETURNING *;

UPDATE v_join SET v = b.v FROM base b WHERE b.k = v_join.k + 1 AND b.k < 5 RETURNING v_join.*, b.k;

DELETE FROM v_join WHERE lv > 10 RETURNING *;

DELETE FROM v_join USING base b WHERE b.v = v_join.lv * 5 RETURNING v_join.k, b.k;

WITH x AS (INSERT INTO v_join VALUES (60, 1, 1) RETURNING k) UPDATE v_join SET lv = 5 FROM x WHERE v_join.k = x.k - 55 RETURNING v_join.*;

DELETE FROM v_keyed WHERE k = 1;

DELETE FROM v_keyed WHERE k = 2 RETURNING *;

DELETE FROM v_keyed WHERE k = 3;

UPDATE v_keyed SET v = v + 1 WHERE k = 4 RETURNING *;

UPDATE v_keyed SET v = v + 1 WHERE k = 5;

UPDATE v_keyed SET v = v + 1 WHERE k = 6 RETURNING *;

WITH x AS (DELETE FROM v_keyed WHERE k = 7 RETURNING *) SELECT * FROM x;

WITH x AS (DELETE FROM v_keyed WHERE k = 8 RETURNING k) SELECT base.* FROM x JOIN base ON base.k = x.k WHERE base.k = 8;

INSERT INTO v_rule VALUES (50, 7) RETURNING *;

INSERT INTO v_rule SELECT k + 50, v FROM loc WHERE k < 4 RETURNING *;

UPDATE v_rule SET n = n + 100 WHERE k < 4;

DELETE FROM v_rule WHERE k > 9;

INSERT INTO v_also VALUES (70, 1, 'a'), (71, 2, 'b');

INSERT INTO v_also SELECT k + 70, v, 'l' FROM loc;

UPDATE v_also SET v = v + 1 WHERE k < 4;

UPDATE v_also SET v = v + 1, k = k + 100 WHERE k < 4;

DELETE FROM v_also;

WITH m AS (UPDATE pt SET day = (day + 10) % 20 WHERE v < 5 RETURNING *), i AS (INSERT INTO pt SELECT k + 100, day, v FROM m RETURNING *) SELECT m.*, i.*, (SELECT count(*) FROM pt) FROM m JOIN i ON i.k = m.k + 100;

WITH d AS (DELETE FROM pt WHERE day BETWEEN 5 AND 12 RETURNING k, v), s AS (SELECT count(*) AS n FROM pt) UPDATE pt SET v = d.v + s.n FROM d, s WHERE pt.v = d.v + 1 AND pt.day NOT BETWEEN 5 AND 12 RETURNING pt.*;

WITH u AS (UPDATE base SET v = v + 1 RETURNING k, v), d AS (DELETE FROM audit) INSERT INTO audit SELECT k, 'u' || v FROM u WHERE k < 4 RETURNING *, (SELECT v FROM base b WHERE b.k = audit.k), (SELECT array_agg(k ORDER BY k) FROM pt WHERE pt.k < audit.k);

UPDATE pt SET day = day + 5 WHERE day < 15 RETURNING k, day, tableoid::regclass;

UPDATE pt SET day = 50 WHERE k = 1;

UPDATE pt1 SET v = v + 1000 WHERE k < 4 RETURNING *;

UPDATE pt1 SET day = 15 WHERE k = 1;

INSERT INTO pt1 VALUES (1, 15, 1);

DELETE FROM pt USING loc WHERE loc.v = pt.v AND pt.day = loc.k RETURNING pt.*, loc.*;

UPDATE base SET v = (SELECT sum(v) FROM base b WHERE b.kind = base.kind) WHERE k < 5 RETURNING *, (SELECT count(*) FROM base), (SELECT max(v) FROM base b WHERE b.k < base.k);

DELETE FROM base b WHERE EXISTS (SELECT FROM base c WHERE c.v = b.v + 10 AND c.kind <> b.kind) RETURNING b, (SELECT row(l.*) FROM loc l WHERE l.k = b.k);

UPDATE ref SET v = v + 1, t = (SELECT string_agg(kind, ',' ORDER BY k) FROM base WHERE base.k <= ref.id) RETURNING *;

UPDATE ref SET v = random() * 0, id = id + 10 WHERE id < 3 RETURNING *;

DELETE FROM ref WHERE id = ANY (SELECT k FROM base WHERE v > 30) RETURNING *, s;

INSERT INTO ref (id, v) SELECT k + 10, v FROM base ON CONFLICT (id) DO NOTHING RETURNING *;

INSERT INTO ref (id, v) VALUES (1, 2), (1, 3) ON CONFLICT (id) DO UPDATE SET v = EXCLUDED.v;

MERGE INTO ref USING base ON base.k = ref.id WHEN MATCHED AND ref.v > 3 THEN DELETE WHEN MATCHED THEN UPDATE SET v = base.v, t = base.kind WHEN NOT MATCHED AND base.k < 9 THEN INSERT (id, v) VALUES (base.k, base.v);

-- any row
UPDATE base SET v = v / (k - 3);

-- any row
INSERT INTO base SELECT k, v FROM loc;

INSERT INTO base VALUES (1, 1), (100, 2);

UPDATE base AS b SET v = b.v + x.n FROM (SELECT kind, count(*) AS n FROM base GROUP BY kind) x WHERE x.kind = b.kind RETURNING b.*, x.n;

UPDATE base SET kind = s.kind FROM base s WHERE s.k = base.k + 1 RETURNING base.k, base.kind, s.kind;

UPDATE base SET v = s.v FROM base s LEFT JOIN loc l ON l.v = s.k WHERE s.v = base.v AND l.k IS NULL RETURNING *;

DELETE FROM base USING loc LEFT JOIN ref ON ref.v = loc.k WHERE base.k = loc.v AND ref.id IS NOT NULL RETURNING *;

INSERT INTO base AS b VALUES (1, 5, 'c') ON CONFLICT (k) DO UPDATE SET (v, kind) = ROW(EXCLUDED.v + b.v, DEFAULT) RETURNING b.*;

INSERT INTO base AS b VALUES (1, 5, 'c') ON CONFLICT ON CONSTRAINT base_pkey DO UPDATE SET v = 1 WHERE b.v > 100 RETURNING b.*;

INSERT INTO base SELECT * FROM base ON CONFLICT DO NOTHING;

TRUNCATE base, audit;
INSERT INTO base VALUES (1), (2) RETURNING *;

-- rules of a reference table, whose actions read it
BEGIN;
CREATE RULE noted AS ON UPDATE TO ref DO ALSO INSERT INTO audit VALUES (NEW.id, 'was ' || OLD.v);
UPDATE ref SET v = v + 1 WHERE id < 3;
CREATE RULE followed AS ON DELETE TO ref DO ALSO DELETE FROM base WHERE base.k = OLD.id;
DELETE FROM ref WHERE id = 4;
CREATE RULE instead AS ON UPDATE TO ref WHERE OLD.id = 5 DO INSTEAD INSERT INTO dm (k, s) VALUES (OLD.v, 'rule');
UPDATE ref SET v = 0 WHERE id > 4;
SELECT * FROM ref;
SELECT * FROM base;
SELECT * FROM audit;
SELECT * FROM dm WHERE s = 'rule';
ROLLBACK;
