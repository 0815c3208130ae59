Values that stand for objects of a node, or are of types with an OID of their own on each: joined off the key, grouped, collected,
moved, in rows and in temporary tables. Types of contrib modules in the same places.

--- variants
coordinator
worker
broadcast
rehash

--- everywhere
CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
CREATE EXTENSION IF NOT EXISTS hstore SCHEMA public;
CREATE EXTENSION IF NOT EXISTS ltree SCHEMA public;
CREATE EXTENSION IF NOT EXISTS cube SCHEMA public;
CREATE EXTENSION IF NOT EXISTS isn SCHEMA public;
CREATE EXTENSION IF NOT EXISTS seg SCHEMA public;
CREATE EXTENSION IF NOT EXISTS intarray SCHEMA public;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE refs AS (r regclass, m mood, t regtype);
CREATE TYPE nested AS (x refs, list refs[], n int);
CREATE DOMAIN ints AS int[] CHECK (cardinality(VALUE) < 9);
CREATE DOMAIN tables AS regclass CHECK (VALUE <> 'pg_am'::regclass);
CREATE TYPE moods AS RANGE (subtype = mood);
CREATE COLLATION coll (provider = icu, locale = 'de');
CREATE FUNCTION fa(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1';
CREATE FUNCTION fb(int, text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 2';
CREATE FUNCTION fo(int, mood) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR === (FUNCTION = fo, LEFTARG = int, RIGHTARG = mood);
CREATE TEXT SEARCH CONFIGURATION conf (COPY = simple);

--- tables
CREATE TABLE za (i int);
CREATE TABLE zb (i int);
CREATE TABLE zc (i int);
CREATE TABLE vals (k int, rc regclass, rt regtype, rp regproc, rpr regprocedure, rop regoper, ropr regoperator, rr regrole, rn regnamespace, rcf regconfig,
	rco regcollation, rcs regclass[], e mood, es mood[], c refs, cs refs[], n nested, il ints[], tb tables, tbs tables[], er moods, ermr moods_multirange,
	ch "char", nm name, ov oidvector, iv int2vector, ci public.citext, h public.hstore, l public.ltree, cu public.cube, sg public.seg, i13 public.isbn13,
	x xml, tv tsvector, pt point, mr int4multirange, u uuid);
CREATE TABLE other (LIKE vals);
CREATE TABLE plain_ref (LIKE vals);

--- distribute
SELECT create_reference_table('zc');
SELECT create_reference_table('zb');
SELECT create_reference_table('za');
SELECT create_distributed_table('vals', 'k');
SELECT create_distributed_table('other', 'k', colocate_with => 'none');
SELECT create_reference_table('plain_ref');

--- data
INSERT INTO vals SELECT k, (ARRAY['za', 'zb', 'zc', 'pg_class', NULL])[1 + k % 5]::regclass, (ARRAY['mood', 'refs', 'int', 'mood[]', 'moods'])[1 + k % 5]::regtype,
	(ARRAY['fa', 'fb', 'int4pl'])[1 + k % 3]::regproc, (ARRAY['fa(int)', 'fb(int,text)', 'abs(int)', 'abs(float8)'])[1 + k % 4]::regprocedure,
	(ARRAY['===', '#-'])[1 + k % 2]::regoper, (ARRAY['===(int,mood)', '+(int,int)', '-(none,int)'])[1 + k % 3]::regoperator,
	(ARRAY['postgres', 'pg_monitor'])[1 + k % 2]::regrole, (ARRAY['public', 'pg_catalog', current_schema])[1 + k % 3]::regnamespace,
	(ARRAY['conf', 'english'])[1 + k % 2]::regconfig, (ARRAY['coll', '"C"'])[1 + k % 2]::regcollation,
	ARRAY['za', NULL, CASE WHEN k % 2 = 0 THEN 'zb' ELSE 'za' END]::regclass[],
	(enum_range(NULL::mood))[1 + k % 3], ARRAY[NULL, (enum_range(NULL::mood))[1 + k % 3], 'sad']::mood[],
	ROW(CASE WHEN k % 2 = 0 THEN 'za' ELSE 'zb' END, (enum_range(NULL::mood))[1 + k % 3], 'mood')::refs,
	ARRAY[ROW('za', 'ok', 'refs')::refs, NULL, ROW(NULL, NULL, 'int')::refs],
	ROW(ROW('zb', 'ok', 'refs'), ARRAY[ROW('za', (enum_range(NULL::mood))[1 + k % 3], 'mood')::refs], k % 4)::nested,
	ARRAY[ARRAY[k % 3, 2]::ints, ARRAY[3, NULL]::ints], (ARRAY['za', 'zb'])[1 + k % 2]::tables, ARRAY['za', (ARRAY['za', 'zb'])[1 + k % 2]]::tables[],
	moods('sad', (enum_range(NULL::mood))[1 + k % 3], '[]'), moods_multirange(moods('sad', 'ok'), moods((enum_range(NULL::mood))[1 + k % 3], NULL)),
	chr(97 + k % 5)::"char", 'name' || k % 5, (k % 5 || ' 2')::oidvector, '1 2'::int2vector, chr(65 + k % 5 + 32 * (k % 2)),
	('k=>' || k % 5)::public.hstore, ('top.n' || k % 5)::public.ltree, public.cube(k % 5), (k % 5 || '..7')::public.seg,
	(ARRAY['978-0-393-04002-9', '9780306406157'])[1 + k % 2]::public.isbn13, ('<a>' || k % 5 || '</a>')::xml, to_tsvector('simple', 'cat ' || k % 5), point(k % 5, 1),
	int4multirange(int4range(1, 3), int4range(5, 6 + k % 5)), md5((k % 5)::text)::uuid FROM generate_series(1, 15) k WHERE k <> 7;
INSERT INTO other SELECT * FROM vals WHERE k <> 2;
INSERT INTO plain_ref SELECT * FROM vals WHERE k < 6;

--- each
C
rc
rt
rp
rop
rr
rn
rcf
rco
rcs
e
es
c
n
il
tb
tbs
er
ch
ci
h
l
sg
i13

--- statements
SELECT k, @C@ FROM vals ORDER BY k;

SELECT a.k, b.k FROM vals a JOIN other b ON a.@C@ = b.@C@ ORDER BY 1, 2;

SELECT a.k, b.k, b.@C@ FROM vals a LEFT JOIN other b ON a.@C@ = b.@C@ AND b.k < 5 ORDER BY 1, 2;

SELECT k FROM vals WHERE @C@ IN (SELECT @C@ FROM other WHERE k < 3) ORDER BY 1;

SELECT k FROM vals WHERE @C@ = (SELECT @C@ FROM other WHERE k = ${3:int}) ORDER BY 1;

SELECT lower(@C@::text), count(*), array_agg(k ORDER BY k) FROM vals GROUP BY @C@ ORDER BY 1;

SELECT count(DISTINCT @C@) FROM vals;

SET LOCAL enable_hashagg = off;
SELECT lower(v::text), n FROM (SELECT @C@ AS v, count(*) AS n FROM vals GROUP BY @C@ ORDER BY @C@ OFFSET 0) AS s ORDER BY 1, 2;
SELECT count(*) FROM (SELECT DISTINCT @C@ FROM vals ORDER BY @C@ OFFSET 0) AS s;
SELECT k, count(*) OVER (PARTITION BY @C@) FROM vals ORDER BY k;
SELECT a.k, b.k FROM (SELECT * FROM vals OFFSET 0) a JOIN (SELECT * FROM other OFFSET 0) b ON a.@C@ = b.@C@ ORDER BY 1, 2;

SELECT array_agg(@C@ ORDER BY k) FROM vals;

SELECT array_agg(ROW(k, @C@) ORDER BY k), json_agg(@C@ ORDER BY k) FROM vals;

SELECT ROW(a.k, a.@C@, b.@C@)::text FROM vals a JOIN other b ON a.k = b.k % 5 + 1 ORDER BY 1;

SELECT @C@::text FROM vals UNION SELECT @C@::text FROM other ORDER BY 1;

SELECT @C@ FROM vals INTERSECT SELECT @C@ FROM other WHERE k < 3;

SELECT k, lag(@C@) OVER (ORDER BY k), first_value(@C@) OVER (PARTITION BY k % 2 ORDER BY k) FROM vals ORDER BY k;

SELECT v.k, r.@C@ FROM vals v JOIN plain_ref r ON r.@C@ = v.@C@ AND r.k < 4 ORDER BY 1, r.k;

INSERT INTO other (k, @C@) SELECT k * 7 + 100, @C@ FROM vals RETURNING k, @C@;

INSERT INTO other (k, @C@) SELECT k * 7 + 100, @C@ FROM vals;
SELECT k, @C@ FROM other WHERE k > 100 ORDER BY k;

INSERT INTO plain_ref (k, @C@) SELECT k + 100, @C@ FROM vals;
SELECT k, @C@ FROM plain_ref WHERE k > 100 ORDER BY k;

UPDATE vals SET @C@ = (SELECT o.@C@ FROM other o WHERE o.k = vals.k + 1) RETURNING k, @C@;

UPDATE vals SET @C@ = o.@C@ FROM other o WHERE o.k = vals.k % 5 + 1 RETURNING vals.k, o.@C@, vals;

UPDATE vals SET k = k + 50 WHERE k IN (1, 2, 3, 4) RETURNING k, @C@;

DELETE FROM vals USING other o WHERE o.@C@ = vals.@C@ AND o.k = 3 RETURNING vals.k, o.@C@;

-- no explain
CREATE TEMP TABLE kept AS SELECT k, @C@ FROM vals;
SELECT v.k, t.@C@ FROM vals v JOIN kept t ON t.k = v.k ORDER BY 1;
SELECT count(*) FROM other v JOIN kept t ON t.@C@ = v.@C@;
INSERT INTO vals (k, @C@) SELECT k + 200, @C@ FROM kept;
SELECT k, @C@ FROM vals WHERE k > 200 ORDER BY 1;
DROP TABLE kept;

-- no explain
DECLARE cur CURSOR FOR SELECT k, @C@ FROM vals ORDER BY k;
FETCH 5 FROM cur;
CLOSE cur;

WITH m AS MATERIALIZED (SELECT k, @C@ AS v FROM vals) SELECT m.k, o.k, m.v FROM m JOIN other o ON o.@C@ = m.v WHERE m.k < 6 ORDER BY 1, 2;

MERGE INTO vals USING other o ON o.k = vals.k + 1 AND o.@C@ IS NOT NULL WHEN MATCHED THEN UPDATE SET @C@ = o.@C@ WHEN NOT MATCHED THEN INSERT (k, @C@) VALUES (o.k + 300, o.@C@);

--- each
C
x

--- statements
SELECT k, @C@ FROM vals ORDER BY k;

SELECT array_agg(@C@ ORDER BY k), array_agg(ROW(k, @C@) ORDER BY k), json_agg(@C@ ORDER BY k) FROM vals;

SELECT ROW(a.k, a.@C@, b.@C@)::text FROM vals a JOIN other b ON a.k = b.k % 5 + 1 ORDER BY 1;

SELECT @C@::text FROM vals UNION SELECT @C@::text FROM other ORDER BY 1;

SELECT k, lag(@C@) OVER (ORDER BY k), first_value(@C@) OVER (PARTITION BY k % 2 ORDER BY k) FROM vals ORDER BY k;

INSERT INTO other (k, @C@) SELECT k * 7 + 100, @C@ FROM vals RETURNING k, @C@;

INSERT INTO plain_ref (k, @C@) SELECT k + 100, @C@ FROM vals;
SELECT k, @C@ FROM plain_ref WHERE k > 100 ORDER BY k;

UPDATE vals SET @C@ = (SELECT o.@C@ FROM other o WHERE o.k = vals.k + 1) RETURNING k, @C@;

UPDATE vals SET @C@ = o.@C@ FROM other o WHERE o.k = vals.k % 5 + 1 RETURNING vals.k, o.@C@;

UPDATE vals SET k = k + 50 WHERE k IN (1, 2, 3, 4) RETURNING k, @C@;
