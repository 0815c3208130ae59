Columns and keys of any type: composite, enum, domain, range, multirange, arrays of those, types of contrib modules, values of
every built-in type that are seldom met.

--- variants
coordinator
worker
prepared
explain

--- everywhere
CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
CREATE EXTENSION IF NOT EXISTS hstore SCHEMA public;
CREATE EXTENSION IF NOT EXISTS ltree SCHEMA public;
CREATE EXTENSION IF NOT EXISTS cube SCHEMA public;
CREATE EXTENSION IF NOT EXISTS isn SCHEMA public;
CREATE EXTENSION IF NOT EXISTS intarray SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nest AS (p pair, list pair[], m mood, gone int, d date);
ALTER TYPE nest DROP ATTRIBUTE gone;
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN pairs AS pair[] CHECK (cardinality(VALUE) < 5);
CREATE DOMAIN good_pair AS pair CHECK ((VALUE).a > 0);
CREATE DOMAIN twice AS positive CHECK (VALUE % 2 = 0);
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE moods AS RANGE (subtype = mood);
CREATE DOMAIN day AS daterange;

--- tables
CREATE TABLE made (k int, c pair, n nest, ns nest[], m mood, ms mood[], p positive, t twice, ds pairs, g good_pair, f floats, fm floats_multirange,
	mr moods, dr day, drs day[], tm tstzmultirange);
CREATE TABLE built (k int, x xml, tv tsvector, tq tsquery, jp jsonpath, b bit(5), vb varbit, pt point, bx box, pa path, po polygon, ci circle,
	li line, ls lseg, mo money, sn pg_snapshot, nm name, ch "char", ov oidvector, rc regclass, rt regtype, i interval, nu numeric, ar int[],
	js json, mac macaddr8, tz timetz, u uuid);
CREATE TABLE modules (c public.citext, h public.hstore, l public.ltree, q public.lquery, cu public.cube, i public.isbn13, hs public.hstore[]);
CREATE TABLE by_citext (k public.citext, v text, UNIQUE (k));
CREATE TABLE by_hstore (k public.hstore, v text);
CREATE TABLE by_isbn (k public.isbn13, v text, PRIMARY KEY (k, v));
CREATE TABLE by_domain (k twice PRIMARY KEY, v pair);
CREATE TABLE by_range (k floats, v text);
CREATE TABLE by_multirange (k tstzmultirange, v text);
CREATE TABLE by_array (k pair[], v text);

--- distribute
SELECT create_distributed_table('made', 'k');
SELECT create_distributed_table('built', 'k');
SELECT create_distributed_table('modules', 'c');
SELECT create_distributed_table('by_citext', 'k');
SELECT create_distributed_table('by_hstore', 'k');
SELECT create_distributed_table('by_isbn', 'v');
SELECT create_distributed_table('by_domain', 'k');
SELECT create_distributed_table('by_range', 'k');
SELECT create_distributed_table('by_multirange', 'k');
SELECT create_distributed_table('by_array', 'k');

--- data
INSERT INTO made SELECT k, ROW(k, 'c' || k)::pair, ROW(ROW(k, NULL), ARRAY[ROW(k, 'x,"y"')::pair, NULL], 'ok', date '2024-01-01' + k)::nest,
	ARRAY[NULL, ROW(NULL, '{}', 'sad', NULL)::nest], (enum_range(NULL::mood))[1 + k % 3], ARRAY['happy', NULL, 'sad']::mood[], k, 2 * k,
	ARRAY[ROW(k, '')::pair], ROW(k, 'good')::good_pair, floats(k, k + 0.5), floats_multirange(floats(k, k + 1), floats(k + 5, NULL)),
	moods('sad', 'happy', '[]'), daterange(date '2024-01-01', date '2024-01-01' + k), ARRAY[daterange(NULL, '2024-01-01')]::day[],
	tstzmultirange(tstzrange('2024-01-01 00:00+00', '2024-01-02 00:00+00')) FROM generate_series(1, 12) k;
INSERT INTO made (k) VALUES (13), (NULL);
INSERT INTO built SELECT k, ('<a b="' || k || '">&lt;</a>')::xml, to_tsvector('english', 'the fat cats ' || k), to_tsquery('english', 'fat & cat:*'), '$.a[*] ? (@ > 1)',
	k::bit(5), repeat('10', k)::varbit, point(k, -k), box(point(0, k), point(k, 0)), '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', circle(point(k, k), k),
	'{1,2,3}', '[(0,0),(1,1)]', k * 1.5, '10:20:10,14', 'name' || k, chr(96 + k)::"char", '1 2 3', 'pg_class', 'text[]', k * interval '1 mon -2 days 03:04:05.678',
	(10::numeric ^ (k * 10)) / 7, '[0:1][2:3]={{1,NULL},{3,4}}', '{"a" :  1, "a":2}', '08:00:2b:01:02:03:04:05', '12:34:56.789+05:30', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
	FROM generate_series(1, 12) k;
INSERT INTO modules SELECT chr(64 + k), public.hstore(ARRAY['k', k::text, 'n', NULL, 'q"', 'a=>b']), ('top.n' || k || '.leaf')::public.ltree, 'top.*{1}.leaf',
	public.cube(ARRAY[k, k + 1.5]), CASE WHEN k = 1 THEN '978-0-393-04002-9'::public.isbn13 END, ARRAY[public.hstore('a', 'b'), NULL] FROM generate_series(1, 12) k;
INSERT INTO by_citext VALUES ('Abc', 'one'), ('def', 'two'), ('ÉTÉ', 'three'), (NULL, 'four');
INSERT INTO by_hstore VALUES ('a=>1,b=>2', 'one'), ('', 'two'), ('b=>NULL', 'three'), (NULL, 'four');
INSERT INTO by_isbn VALUES ('978-0-393-04002-9', 'one'), ('9780306406157', 'two');
INSERT INTO by_domain VALUES (2, (1, 'a')), (4, NULL), (6, (3, NULL));
INSERT INTO by_range VALUES ('[1,2.5)', 'one'), ('empty', 'two'), ('(,)', 'three');
INSERT INTO by_multirange VALUES ('{[2024-01-01 00:00+00,2024-02-01 00:00+00)}', 'one'), ('{}', 'two');
INSERT INTO by_array VALUES (ARRAY[(1, 'a'), NULL]::pair[], 'one'), ('{}', 'two'), (NULL, 'three');

--- statements
SELECT * FROM made ORDER BY k;

SELECT * FROM made WHERE k = ${3:int};

SELECT * FROM made WHERE c = ${(4,c4):pair};

SELECT k FROM made WHERE n = ROW(ROW(5, NULL), ARRAY[ROW(5, 'x,"y"')::pair, NULL], 'ok', date '2024-01-06')::nest OR m = ${sad:mood} ORDER BY k;

SELECT (c).b, (n).p.a, (n).list[1].b, ((n).p).b IS NULL, n IS NOT DISTINCT FROM NULL FROM made ORDER BY k;

SELECT (n).* FROM made WHERE k < 4 ORDER BY k;

SELECT m, count(*), max(p), array_agg(t ORDER BY t) FROM made GROUP BY m ORDER BY m;

SELECT c, count(*) FROM made GROUP BY c ORDER BY c;

SELECT max(m), min(m), array_agg(DISTINCT m ORDER BY m) FROM made;

SELECT k, unnest(ms) FROM made WHERE k < 3 ORDER BY 1, 2;

SELECT k, (unnest(ns)).* FROM made WHERE k IN (2, 5) ORDER BY 1, 2, 3;

SELECT range_agg(f), range_intersect_agg(mr) FROM made;

SELECT k, f * floats(2, 3.25), lower(f), upper(fm), fm @> 6.5::float8, mr @> 'ok'::mood FROM made ORDER BY k;

SELECT k FROM made WHERE f && ${[3.1,4.2):floats} ORDER BY k;

SELECT k, dr + daterange('2024-01-01', '2024-01-05'), drs[1] FROM made WHERE dr IS NOT NULL ORDER BY k;

SELECT a.k, b.k FROM made a JOIN made b ON a.c = b.c AND a.m < b.m OR a.k = b.p + 5 ORDER BY 1, 2;

SELECT a.k, b.k FROM made a JOIN built b ON (a.c).a = b.k AND b.u IS NOT NULL ORDER BY 1, 2;

SELECT row_to_json(made) FROM made ORDER BY k LIMIT 3;

SELECT made FROM made WHERE k = 7;

SELECT jsonb_agg(n ORDER BY k) FROM made WHERE k < 3;

INSERT INTO made (k, p) VALUES (${20:int}, ${-1:int});

INSERT INTO made (k, t) VALUES (20, 3);

INSERT INTO made (k, g) VALUES (20, ROW(0, 'bad'));

INSERT INTO made (k, ds) VALUES (20, array_fill(ROW(1, 'x')::pair, ARRAY[6]));

INSERT INTO made (k, c, n, ms, f) VALUES (${20:int}, ${(1,"a b"):pair}, ${("(1,x)","{}",sad,):nest}, ${{sad,NULL}:mood[]}, ${empty:floats}) RETURNING *;

UPDATE made SET c.b = 'changed', n.p.a = -1, n.list[2] = ROW(9, 'nine') WHERE k < 4 RETURNING k, c, n;

UPDATE made SET ms[2] = 'ok', ns[1].m = 'happy' WHERE k = ${6:int} RETURNING ms, ns;

UPDATE made SET p = p - 2 WHERE k = 2;

UPDATE made SET n = NULL, m = CASE m WHEN 'sad' THEN 'happy'::mood ELSE 'sad' END RETURNING k, m;

INSERT INTO made (k, c, n, m) SELECT k + 100, c, n, m FROM made WHERE m > 'sad' RETURNING k, c, n, m;

COPY made TO STDOUT;

COPY made (k, c, n, ms, fm) FROM STDIN;
50	(1,"a,b")	("(2,)","{""(1,x)""}",ok,2024-02-02)	{sad,ok}	{[1,2)}
51	\N	\N	{}	{}
\.

COPY made (k, m) FROM STDIN;
50	angry
\.

SELECT * FROM built ORDER BY k;

SELECT * FROM built WHERE k = ${4:int};

SELECT xpath('/a/@b', x), tv @@ tq, jsonb_path_query_array('{"a": [1, 2, 3]}', jp), b | B'00001', vb || B'1', pt <-> point(0, 0), area(bx), li ?|| li, mo * 2,
	pg_snapshot_xmin(sn), nm || 'x', ov[1], rc::text, rt::text, i * 2, nu * 3, ar[1][3], js -> 'a', tz AT TIME ZONE 'UTC' FROM built ORDER BY k;

SELECT xmlagg(x ORDER BY k), sum(mo), sum(i), sum(nu), bit_or(b), string_agg(nm, ',' ORDER BY k) FROM built;

SELECT rc, rt FROM built WHERE rc = 'pg_class'::regclass AND k < 3;

SELECT b, count(*) FROM built GROUP BY b ORDER BY b;

UPDATE built SET x = xmlconcat(x, '<b/>'), ar[0][2] = 7, js = '[]', rc = 'pg_type' WHERE k = 3 RETURNING *;

INSERT INTO built (k, x, tq, jp, pt, mo, rc, ar, sn) VALUES (${30:int}, ${<z/>:xml}, ${a & !b:tsquery}, ${$.x:jsonpath}, ${(1,2):point}, ${12.5:money}, ${pg_am:regclass}, ${{{1},{2}}:int[]}, ${5:6::pg_snapshot}) RETURNING *;

SELECT * FROM modules ORDER BY c;
SELECT * FROM modules WHERE c = 'c';
SELECT c, h -> 'k', h ? 'n', h || 'z=>1', l ~ q, subpath(l, 1, 1), cu -> 1, i, hs[1] -> 'a' FROM modules ORDER BY c;
SELECT c FROM modules WHERE h @> 'k=>4' OR l <@ 'top.n5' ORDER BY 1;
SELECT count(DISTINCT l), min(c), array_agg(lower(c) ORDER BY c) FROM modules;
UPDATE modules SET h = h || hstore('new', c::text), l = l || 'more' WHERE c IN ('A', 'b') RETURNING *;
SELECT a.c, b.c FROM modules a JOIN modules b ON a.l = b.l AND a.c <= b.c ORDER BY 1, 2;
SELECT (each(h)).* FROM modules WHERE c = 'D' ORDER BY 1;

SELECT * FROM by_citext ORDER BY k;
SELECT * FROM by_citext WHERE k = 'ABC';
SELECT * FROM by_citext WHERE k IN ('DEF', 'abc') ORDER BY k;
SELECT a.v, b.v FROM by_citext a JOIN by_citext b ON a.k = b.k ORDER BY 1;
INSERT INTO by_citext VALUES ('dEF', 'again') ON CONFLICT (k) DO UPDATE SET v = EXCLUDED.v RETURNING *;
UPDATE by_citext SET v = 'x' WHERE k = 'aBC' RETURNING *;
DELETE FROM by_citext WHERE k = 'été' RETURNING *;
INSERT INTO by_citext VALUES ('ABC');

SELECT * FROM by_hstore WHERE k = 'b=>2,a=>1';
SELECT k, count(*) FROM by_hstore GROUP BY k ORDER BY k;
SELECT a.v FROM by_hstore a WHERE k IN (SELECT k FROM by_hstore WHERE v <> 'one') ORDER BY 1;
INSERT INTO by_hstore VALUES ('x=>y', 'five') RETURNING *;
SELECT * FROM by_isbn WHERE k = '9780393040029';
SELECT * FROM by_isbn ORDER BY k;
DELETE FROM by_isbn WHERE k = '978-0-306-40615-7' RETURNING v;

SELECT * FROM by_domain WHERE k = ${4:int} OR v IS NULL ORDER BY k;

INSERT INTO by_domain VALUES (${8:int}, ${(8,x):pair}) RETURNING *;

INSERT INTO by_domain VALUES (${7:int}, NULL);

UPDATE by_domain SET v.b = 'new' WHERE k = 2 RETURNING *;

SELECT * FROM by_range WHERE k = ${[1,2.5):floats};

INSERT INTO by_range VALUES (${[3,4]:floats}, 'new') RETURNING *;

SELECT * FROM by_multirange WHERE k = ${{[2024-01-01 00:00+00,2024-02-01 00:00+00)}:tstzmultirange};

SELECT * FROM by_array WHERE k = ${{"(1,a)",NULL}:pair[]};

INSERT INTO by_array VALUES (${{"(7,\"a b\")"}:pair[]}, 'new') RETURNING *;

SET LOCAL pg_trgm.similarity_threshold = 0.9;
SELECT k FROM built WHERE nm::text OPERATOR(public.%) 'name1' ORDER BY k;
SELECT k FROM built WHERE nm::text OPERATOR(public.%) 'name1' AND k = ${2:int};
SET LOCAL pg_trgm.similarity_threshold = 0.2;
SELECT k FROM built WHERE nm::text OPERATOR(public.%) 'name1' AND k = ${2:int};
SELECT k FROM built WHERE nm::text OPERATOR(public.%) 'name1' ORDER BY k;
