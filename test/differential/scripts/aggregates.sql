Grouping, aggregates, windows, DISTINCT, ORDER BY and LIMIT where the work is divided between the nodes and the
coordinator.

--- everywhere
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN small AS int CHECK (VALUE < 1000);
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
-- combined by an SQL function, without an initial value
CREATE FUNCTION join_min(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT least($1, $2)';
CREATE AGGREGATE lowest(text) (SFUNC = join_min, STYPE = text, COMBINEFUNC = join_min);
-- NULL spoils it, and it has an initial value
CREATE FUNCTION add_all(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE AGGREGATE strict_sum(int) (SFUNC = add_all, STYPE = int, COMBINEFUNC = add_all, INITCOND = '0');
-- a state of a user's type, with a final function
CREATE FUNCTION pair_step(pair, int, text) RETURNS pair LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS 'SELECT ROW(coalesce(($1).a, 0) + coalesce($2, 0), greatest(($1).b, $3))::pair';
CREATE FUNCTION pair_join(pair, pair) RETURNS pair LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS 'SELECT ROW(coalesce(($1).a, 0) + coalesce(($2).a, 0), greatest(($1).b, ($2).b))::pair';
CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT ($1).a || '/' || coalesce(($1).b, '-') $$;
CREATE AGGREGATE sum_and_max(int, text) (SFUNC = pair_step, STYPE = pair, COMBINEFUNC = pair_join, FINALFUNC = pair_text,
	PARALLEL = safe);
-- an internal state, whose functions are PostgreSQL's
CREATE AGGREGATE "My Avg"(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, COMBINEFUNC = numeric_avg_combine,
	SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, FINALFUNC = numeric_avg, PARALLEL = safe);
-- polymorphic
CREATE FUNCTION larger(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	AS 'SELECT CASE WHEN $1 < $2 THEN $2 ELSE $1 END';
CREATE AGGREGATE largest(anyelement) (SFUNC = larger, STYPE = anyelement, COMBINEFUNC = larger, PARALLEL = safe);
CREATE FUNCTION longer(anyarray, anyarray) RETURNS anyarray LANGUAGE sql IMMUTABLE STRICT
	AS 'SELECT CASE WHEN cardinality($1) < cardinality($2) OR cardinality($1) = cardinality($2) AND $1 < $2 THEN $2 ELSE $1 END';
CREATE FUNCTION array_length_of(anyarray) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT cardinality($1)';
CREATE AGGREGATE longest(anyarray) (SFUNC = longer, STYPE = anyarray, COMBINEFUNC = longer, FINALFUNC = array_length_of,
	INITCOND = '{}');
-- cannot be combined
CREATE AGGREGATE chain(text) (SFUNC = textcat, STYPE = text, INITCOND = '>');
-- no arguments; a variable number of them
CREATE FUNCTION one_more(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
CREATE AGGREGATE tally(*) (SFUNC = one_more, STYPE = bigint, COMBINEFUNC = int8pl, INITCOND = '0');
CREATE FUNCTION add_array(bigint, VARIADIC int[]) RETURNS bigint LANGUAGE sql IMMUTABLE
	AS 'SELECT $1 + coalesce(sum(v), 0) FROM unnest($2) v';
CREATE AGGREGATE sum_of(VARIADIC int[]) (SFUNC = add_array, STYPE = bigint, COMBINEFUNC = int8pl, INITCOND = '0');
CREATE FUNCTION fails_at(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT
	AS $$ BEGIN IF $2 = 97 THEN RAISE 'no % here', $2; END IF; RETURN $1 + $2; END $$;
CREATE AGGREGATE touchy(int) (SFUNC = fails_at, STYPE = int, COMBINEFUNC = int4pl, INITCOND = '0');
CREATE AGGREGATE hard_to_combine(int) (SFUNC = int4pl, STYPE = int, COMBINEFUNC = fails_at, INITCOND = '97');

--- tables
CREATE TABLE facts (k int NOT NULL, id int NOT NULL, g int, h text, nc text COLLATE nocase, c text COLLATE "C", x int,
	big bigint, n numeric, f float8, r float4, i interval, at timestamp, d date, b bool, m mood, dom small, p pair, a int[],
	span int4range, j jsonb, PRIMARY KEY (k, id));
CREATE TABLE details (k int NOT NULL, id int, part int, v numeric(10,2));
CREATE TABLE other (g int, label text);
CREATE TABLE names (g int PRIMARY KEY, name text);
CREATE TABLE nothing (k int, g int, x int, t text);
CREATE TABLE one_place (g int, x int);

--- distribute
BEGIN;
SELECT create_reference_table('names');
SELECT create_distributed_table('facts', 'k');
SELECT create_distributed_table('details', 'k', colocate_with => 'facts');
SELECT create_distributed_table('other', 'g', colocate_with => 'none');
SELECT create_distributed_table('nothing', 'k');
SELECT create_distributed_table('one_place', NULL);
COMMIT;

--- data
INSERT INTO facts SELECT k, id, CASE WHEN id % 7 > 0 THEN (k + id) % 5 END, (ARRAY['one', 'two', 'THREE', 'ünf', NULL])[1 + k * id % 5],
	(ARRAY['abc', 'ABC', 'aBc', 'xyz', 'XYZ', NULL])[1 + (k + id) % 6], (ARRAY['a', 'B', 'á', 'Z', ''])[1 + (k + 2 * id) % 5],
	(k * 7 + id * 3) % 50 - 10, (k * 1000000007::bigint) * id, (k * id)::numeric / 8 + CASE WHEN id = 3 THEN 0.000 ELSE 1 END,
	CASE WHEN id = 9 THEN NULL ELSE k * 0.5 - id END, k * 0.25, k * interval '1 day' - id * interval '1 hour',
	timestamp '2024-01-01' + k * interval '7 hours' + id * interval '1 minute', date '2024-01-01' + k % 9, CASE WHEN id % 4 > 0 THEN k > id END,
	(ARRAY['sad', 'ok', 'happy', NULL]::mood[])[1 + (k + id) % 4], (k + id) % 3, CASE WHEN id % 5 > 0 THEN ROW(k % 3, 'p' || id % 2)::pair END,
	CASE WHEN id % 3 > 0 THEN ARRAY[k % 2, id % 3, NULL] END, int4range(k * 10, k * 10 + id % 4), jsonb_build_object('k', k % 3, 'id', id % 2)
	FROM generate_series(1, 24) k, generate_series(1, 9) id;
INSERT INTO details SELECT 1 + i % 26, 1 + i % 9, i % 4, i * 0.25 FROM generate_series(1, 120) i;
INSERT INTO other SELECT i % 6, 'label ' || i FROM generate_series(1, 18) i;
INSERT INTO names SELECT i, 'name ' || i % 3 FROM generate_series(0, 7) i;
INSERT INTO one_place SELECT i % 3, i FROM generate_series(1, 10) i;

--- statements

-- DISTINCT in aggregates
SELECT count(DISTINCT x) FROM facts;

SELECT count(DISTINCT x), count(*), sum(x), avg(n), min(h), max(at) FROM facts;

SELECT g, count(DISTINCT x) FROM facts GROUP BY g;

SELECT g, count(DISTINCT x), count(DISTINCT h), count(DISTINCT (x % 3)), sum(DISTINCT x), avg(DISTINCT dom), count(*) FROM facts GROUP BY g;

SELECT g, count(DISTINCT k) FROM facts GROUP BY g ORDER BY count(DISTINCT k) DESC, g;

SELECT g, count(DISTINCT x) FILTER (WHERE b), count(DISTINCT x) FILTER (WHERE NOT b), count(DISTINCT x), count(*) FILTER (WHERE b), sum(x) FILTER (WHERE id > ${3|99:int}) FROM facts GROUP BY g;

SELECT h, string_agg(DISTINCT c, ',' ORDER BY c), array_agg(DISTINCT m ORDER BY m DESC NULLS LAST), array_agg(DISTINCT x % 4 ORDER BY x % 4) FROM facts GROUP BY h;

SELECT h, string_agg(DISTINCT c, c), count(DISTINCT c) FROM facts WHERE c < 'a' GROUP BY h;

SELECT g, count(DISTINCT (x % 2, h)), count(DISTINCT p), count(DISTINCT a), count(DISTINCT j), count(DISTINCT span), count(DISTINCT m) FROM facts GROUP BY g;

SELECT count(DISTINCT (g, h)), count(DISTINCT ROW(x % 2, 7, b)) FILTER (WHERE id > 2), count(DISTINCT ROW(nc)), count(DISTINCT (n, NULL::text)) FROM facts;

SELECT h, max(DISTINCT x), min(DISTINCT c), bit_xor(DISTINCT x), bit_xor(x), bool_or(DISTINCT b) FROM facts GROUP BY h;

SELECT DISTINCT max(x) FROM facts GROUP BY k, g ORDER BY 1 DESC;

SELECT DISTINCT max(x), g % 2 FROM facts GROUP BY k, g % 2 ORDER BY 1 DESC, 2 LIMIT 5;

SELECT max(x) FROM facts GROUP BY k, g ORDER BY sum(n), k, g LIMIT 5;

SELECT count(DISTINCT nc), count(DISTINCT lower(nc)), count(DISTINCT nc COLLATE "C") FROM facts;

SELECT lower(nc), count(*), count(DISTINCT x), count(DISTINCT nc) FROM facts GROUP BY lower(nc);

SELECT lower(min(nc COLLATE "C")), count(*), count(DISTINCT x) FROM facts GROUP BY nc;

SELECT count(DISTINCT n), sum(DISTINCT n), count(DISTINCT f), sum(DISTINCT f), count(DISTINCT i) FROM facts;

SELECT count(DISTINCT x) FROM facts WHERE false;

SELECT count(DISTINCT x), sum(DISTINCT x), string_agg(DISTINCT t, ','), count(*), avg(x) FROM nothing;

SELECT g, count(DISTINCT x), count(*) FROM nothing GROUP BY g;

SELECT count(DISTINCT x) + count(DISTINCT g) * 2 AS n, CASE WHEN count(DISTINCT h) > 3 THEN max(h) END FROM facts;

SELECT g FROM facts GROUP BY g HAVING count(DISTINCT x) > ${20|25:int} ORDER BY g;

SELECT g, rank() OVER (ORDER BY count(DISTINCT x) DESC), sum(count(DISTINCT h)) OVER () FROM facts GROUP BY g;

SELECT count(DISTINCT f.x), count(DISTINCT d.part), sum(d.v) FROM facts f JOIN details d ON d.k = f.k AND d.id = f.id;

SELECT n.name, count(DISTINCT f.x), count(DISTINCT f.h), sum(f.n) FROM facts f JOIN names n ON n.g = f.g GROUP BY n.name;

SELECT count(DISTINCT f.x), count(DISTINCT o.label), count(*) FROM facts f JOIN other o ON o.g = f.g;

SELECT (SELECT count(DISTINCT x) FROM facts), g, (SELECT count(DISTINCT f.x) FROM facts f WHERE f.g = o.g) FROM other o GROUP BY g;

SELECT stddev(DISTINCT x)::numeric(20,8), mode() WITHIN GROUP (ORDER BY dom), count(DISTINCT x) FROM facts;

SELECT lowest(DISTINCT h), largest(DISTINCT x), sum_and_max(DISTINCT x, h), chain(DISTINCT c) FROM facts WHERE g = 1;

SELECT count(DISTINCT x + 1), count(DISTINCT x + ${1:int}), x % 5 + ${1:int} FROM facts GROUP BY x % 5 + ${1:int};

SELECT count(DISTINCT random() < 2), count(DISTINCT 7), count(DISTINCT NULL::int), count(DISTINCT now()) FROM facts;

-- of the shard key
SELECT count(DISTINCT k), sum(DISTINCT k), avg(DISTINCT k), count(*), count(DISTINCT k) FILTER (WHERE b) FROM facts;

SELECT g, count(DISTINCT k) + 1, sum(DISTINCT k) FILTER (WHERE x > 3), count(DISTINCT x) FROM facts GROUP BY g HAVING count(DISTINCT k) > 1;

SELECT g, h, count(DISTINCT k), sum(DISTINCT k) FROM facts GROUP BY ROLLUP (g, h);

SELECT count(DISTINCT f.k), count(DISTINCT d.k) FROM facts f LEFT JOIN details d ON d.k = f.k AND d.part = 1;

SELECT count(DISTINCT f.k), count(DISTINCT d.k) FROM facts f FULL JOIN details d ON d.k = f.k AND d.part = 1;

SELECT count(DISTINCT k::text), count(DISTINCT -k), count(DISTINCT (k, g)), count(DISTINCT k) FROM (SELECT k, g FROM facts WHERE x > 2) s;

SELECT count(DISTINCT s.k), sum(DISTINCT s.n) FROM (SELECT k, count(*) AS n FROM facts GROUP BY k) s;

-- of one other column
SELECT g, count(DISTINCT x), sum(DISTINCT x) FILTER (WHERE b), max(h), sum(x), avg(n) FROM facts GROUP BY g HAVING count(DISTINCT x) > 1 ORDER BY count(DISTINCT x), g;

SELECT g + 1, count(DISTINCT x) * 2 FROM facts WHERE k IN (SELECT k FROM details WHERE part > 0) GROUP BY g + 1 ORDER BY 1 LIMIT 4;

SELECT count(DISTINCT c), count(c) FROM facts;

SELECT count(DISTINCT n), sum(DISTINCT n) FROM facts;

SELECT count(DISTINCT dom), count(DISTINCT f) FROM facts;

SELECT count(DISTINCT dom), sum(dom) FROM facts;

SELECT count(DISTINCT m), g FROM facts GROUP BY g;

SELECT rank() OVER (ORDER BY count(DISTINCT x) DESC), g FROM facts GROUP BY g;

SELECT DISTINCT count(DISTINCT x) FROM facts GROUP BY g, h;

SELECT count(DISTINCT f.x), sum(d.v) FROM facts f LEFT JOIN details d ON d.k = f.k AND d.id = f.id;

WITH s AS (SELECT g, count(DISTINCT x) AS n FROM facts GROUP BY g) SELECT f.id, s.n FROM facts f JOIN s ON s.g = f.g ORDER BY 1 LIMIT 9;

SELECT k, count(DISTINCT x) FROM facts GROUP BY k;

SELECT g, count(DISTINCT x) FROM one_place GROUP BY g;

-- aggregates that PostgreSQL can combine
SELECT round(stddev(x), 10), round(variance(n), 10), round(stddev_pop(f)::numeric, 8), round(var_samp(r)::numeric, 8), round(var_pop(big) / 1e12, 6), round(stddev_samp(dom), 10) FROM facts;

SELECT g, round(stddev(x), 10), variance(x) FILTER (WHERE id = 99), round(var_pop(f)::numeric, 8), count(*) FROM facts GROUP BY g;

SELECT g, round(corr(f, r)::numeric, 8), round(covar_pop(f, x)::numeric, 6), round(covar_samp(x, f)::numeric, 6), round(regr_slope(f, x)::numeric, 8), regr_count(f, x), round(regr_r2(x, f)::numeric, 8), round(regr_intercept(x, r)::numeric, 8), round(regr_avgx(x, f)::numeric, 8), round(regr_sxx(f, r)::numeric, 6) FROM facts GROUP BY g;

SELECT h, sum(i), avg(i), min(i), max(i), sum(n), avg(n), avg(big), sum(big), avg(f), avg(r), sum(r), avg(id::smallint) FROM facts GROUP BY h;

SELECT sum(x), avg(x), stddev(x), variance(x), corr(x, x), sum(i), avg(i), regr_count(x, x), tally(*), strict_sum(x), largest(x), lowest(h), sum_and_max(x, h) FROM facts WHERE k > 1000;

SELECT sum(x), avg(x), stddev(x), corr(x, x), count(x), tally(*), strict_sum(x), largest(x), lowest(t), sum_and_max(x, t), "My Avg"(x) FROM nothing;

SELECT g, stddev(x), tally(*), sum_and_max(x, t) FROM nothing GROUP BY g;

SELECT g, lowest(h), largest(x), largest(m), largest(p), sum_and_max(x, h), "My Avg"(n), longest(a), tally(*), sum_of(x, id, dom), sum_of(VARIADIC a) FROM facts GROUP BY g;

SELECT g, strict_sum(x), strict_sum(CASE WHEN k <> 7 THEN x END), strict_sum(x) FILTER (WHERE k > 99) FROM facts GROUP BY g;

SELECT strict_sum(NULL) FROM facts;

SELECT lowest(nc COLLATE "C"), lowest(c), largest(c), largest(h COLLATE "C") FROM facts;

SELECT h, range_agg(span), range_intersect_agg(int4range(k, 1000)) FROM facts WHERE id < 4 GROUP BY h;

SELECT g, "My Avg"(n) FILTER (WHERE b), round(stddev(n) FILTER (WHERE b), 10), count(DISTINCT x), round(stddev(x), 10), tally(*) FILTER (WHERE b) FROM facts GROUP BY g;

SELECT touchy(x) FROM facts;

SELECT touchy(x + 60) FROM facts;

SELECT stddev(1 / (x - 7)) FROM facts;

SELECT round(stddev(v), 10), round(variance(v), 8), sum(v), avg(v) FROM (SELECT 'NaN'::numeric AS v FROM facts UNION ALL SELECT n FROM facts) s;

SELECT avg(v)::text, stddev(v)::text, sum(v)::text, max(v), min(v), count(DISTINCT v) FROM (SELECT CASE k WHEN 3 THEN 'Infinity' WHEN 4 THEN '-Infinity' ELSE f END AS v FROM facts WHERE f IS NOT NULL) s;

SELECT avg(v)::text, sum(v)::text, max(v)::text, min(v), count(DISTINCT v) FROM (SELECT CASE k WHEN 3 THEN 'NaN' WHEN 4 THEN -0.0 WHEN 5 THEN 0.0 ELSE f END AS v FROM facts WHERE f IS NOT NULL) s;

SELECT avg(v), stddev(v), sum(v), variance(v) FROM (SELECT CASE k WHEN 3 THEN 'Infinity'::numeric WHEN 4 THEN '-Infinity' ELSE n END AS v FROM facts WHERE k < ${4|5:int}) s;

SELECT v + 0.0, count(*) FROM (SELECT CASE WHEN k % 2 = 0 THEN -0.0::float8 ELSE 0.0 END AS v FROM facts) s GROUP BY v;

SELECT avg(n::numeric(10,3)), sum(n::numeric(12,5)), avg(1.10), sum(2.50) FROM facts;

SELECT sum(big * 9000000), avg(big * 9000000) FROM facts;

SELECT sum(x * 100000000::bigint * 10000000) FROM facts;

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY f), percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY x), rank(5) WITHIN GROUP (ORDER BY x), mode() WITHIN GROUP (ORDER BY h) FROM facts;

SELECT g, percentile_cont(0.25) WITHIN GROUP (ORDER BY f), count(*) FROM facts WHERE id > 3 GROUP BY g;

SELECT g, string_agg(k || '.' || id, ',' ORDER BY x, k, id), array_agg(k ORDER BY f DESC, k, id), chain(c ORDER BY k, id), json_agg(id ORDER BY k DESC, id) FROM facts GROUP BY g;

SELECT g, array_agg(d.part ORDER BY d.v) FILTER (WHERE d.part > 1), sum(d.v) FROM facts f JOIN details d ON d.k = f.k AND d.id = f.id WHERE f.x > 0 GROUP BY g;

SELECT jsonb_object_agg(k, x ORDER BY k) FROM facts WHERE id = 2;

SELECT sum(x ORDER BY n), max(h ORDER BY k), count(x ORDER BY id) FROM facts;

SELECT any_name, sum(x) FROM (SELECT CASE WHEN g > 2 THEN 'many' ELSE 'few' END AS any_name, x FROM facts) s GROUP BY any_name;

SELECT bool_and(b), bool_or(b), every(x > -11), bit_and(x), bit_or(x), bit_xor(x) FROM facts;

-- grouping sets
SELECT g, h, count(*), sum(x), avg(n), count(DISTINCT x) FROM facts GROUP BY GROUPING SETS ((g, h), (g), (h), ());

SELECT g, h, m, count(*), round(stddev(x), 10), grouping(g, h, m) FROM facts GROUP BY CUBE (g, h, m);

SELECT g, h, sum(x), max(at), tally(*), grouping(g), grouping(h, g) FROM facts GROUP BY ROLLUP (g, h) HAVING count(*) > ${3|40:int};

SELECT g, h, sum(x) FROM facts WHERE x > 1000 GROUP BY ROLLUP (g, h);

SELECT g, sum(x), count(*), tally(*), round(stddev(x), 10) FROM nothing GROUP BY GROUPING SETS ((g), ());

SELECT count(*), sum(x), tally(*), strict_sum(x), stddev(x), count(DISTINCT x), sum_and_max(x, t) FROM nothing GROUP BY GROUPING SETS ((), ());

SELECT count(*) FROM facts GROUP BY ();

SELECT g + 1, h || '!', sum(x) FROM facts GROUP BY CUBE (g + 1, h || '!') ORDER BY g + 1 NULLS FIRST, (h || '!') COLLATE "C" NULLS FIRST, sum(x);

SELECT k, g, sum(x) FROM facts WHERE k < 4 GROUP BY GROUPING SETS ((k), (k, g));

SELECT k, g, string_agg(c, ',' ORDER BY c, id) FROM facts WHERE k < 4 GROUP BY GROUPING SETS ((k), (g));

SELECT g, string_agg(c, '' ORDER BY k, id), count(DISTINCT h) FROM facts GROUP BY ROLLUP (g);

SELECT g, h, sum(sum(x)) OVER (PARTITION BY grouping(g, h) ORDER BY g, h) FROM facts GROUP BY CUBE (g, h);

SELECT g, count(DISTINCT x), sum(x) FILTER (WHERE b) FROM facts GROUP BY GROUPING SETS ((g), ()) ORDER BY g NULLS FIRST, 2;

SELECT DISTINCT count(*) > 10, grouping(g) FROM facts GROUP BY ROLLUP (g, h);

SELECT a, p, m, dom, count(*) FROM facts WHERE k < 9 GROUP BY GROUPING SETS ((a), (p), (m, dom));

-- groups of other types
SELECT p, count(*), sum(x) FROM facts GROUP BY p;

SELECT a, count(*), max(x) FROM facts GROUP BY a;

SELECT j, span, count(*) FROM facts WHERE k < 3 GROUP BY j, span;

SELECT m, dom, count(*) FROM facts GROUP BY m, dom ORDER BY m DESC NULLS LAST, dom;

SELECT date_trunc('day', at), d, count(*), sum(n) FROM facts GROUP BY 1, 2 ORDER BY 1, 2;

SELECT n::numeric(10,1), count(*) FROM facts GROUP BY 1 ORDER BY 1 LIMIT 7;

SELECT g IS NULL, b IS TRUE, count(*) FROM facts GROUP BY 1, 2;

SELECT g, h, count(*) FROM facts GROUP BY g, h HAVING sum(x) > 100 AND g > 1;

SELECT g, (SELECT max(label) FROM other o WHERE o.g = facts.g), count(*) FROM facts GROUP BY g;

SELECT g, sum(x) FROM facts GROUP BY g HAVING sum(x) > (SELECT avg(x) * 30 FROM facts);

SELECT g, (SELECT name FROM names WHERE names.g = facts.g), count(*) FROM facts GROUP BY g;

SELECT sum(x), (SELECT count(*) FROM names) FROM facts;

SELECT count(*), (SELECT sum(x) FROM one_place) FROM facts GROUP BY h ORDER BY 1;

SELECT generate_series(1, count(*)::int / 20), g FROM facts GROUP BY g;

SELECT k, sum(x), rank() OVER (ORDER BY sum(x) DESC, k) FROM facts GROUP BY k;

SELECT k, string_agg(c, '' ORDER BY id), row_number() OVER (ORDER BY k DESC) FROM facts GROUP BY k;

SELECT k, percentile_disc(0.5) WITHIN GROUP (ORDER BY x) AS p, lag(k) OVER (ORDER BY k) FROM facts GROUP BY k HAVING count(*) > 2 ORDER BY k LIMIT 5;

SELECT DISTINCT array_agg(dom ORDER BY dom) FROM facts GROUP BY k;

SELECT DISTINCT k % 2, count(*) FROM facts GROUP BY k ORDER BY 1;

SELECT DISTINCT ON (s) k, sum(dom) AS s FROM facts GROUP BY k ORDER BY s, k DESC;

-- DISTINCT
SELECT DISTINCT g FROM facts;

SELECT DISTINCT g, h COLLATE "C" AS h FROM facts ORDER BY g DESC NULLS LAST, 2 NULLS FIRST LIMIT ${5:int} OFFSET ${3:int};

SELECT DISTINCT lower(nc) FROM facts ORDER BY 1;

SELECT count(*) FROM (SELECT DISTINCT nc FROM facts) s;

SELECT DISTINCT ON (g) g, x, k, id FROM facts ORDER BY g, x DESC, k, id;

SELECT DISTINCT ON (g, h COLLATE "C") g, h, n, k, id FROM facts ORDER BY g NULLS FIRST, h COLLATE "C" DESC, n, k, id LIMIT 9 OFFSET 2;

SELECT DISTINCT ON (g % 2) k, id FROM facts ORDER BY g % 2, f DESC NULLS LAST, k, id;

SELECT count(*) FROM (SELECT DISTINCT ON (h) * FROM facts) s;

SELECT DISTINCT p, a FROM facts WHERE k < 4;

SELECT DISTINCT m, dom, g IS NULL FROM facts;

SELECT DISTINCT count(*) OVER (PARTITION BY g) FROM facts;

SELECT DISTINCT sum(x) OVER (PARTITION BY k) FROM facts;

SELECT DISTINCT f.g, n.name FROM facts f JOIN names n USING (g);

SELECT DISTINCT f.h, d.part FROM facts f JOIN details d USING (k, id);

-- ORDER BY and LIMIT
SELECT k, id FROM facts ORDER BY k, id;

SELECT k, id, n FROM facts ORDER BY n DESC, k, id LIMIT ${10|0|NULL:bigint} OFFSET ${0|4|NULL:bigint};

SELECT k, id, h FROM facts ORDER BY h COLLATE "C" DESC NULLS LAST, k, id DESC LIMIT 20;

SELECT k, id, c FROM facts ORDER BY c USING >, k, id OFFSET 190;

SELECT lower(nc), k, id FROM facts ORDER BY nc, k, id LIMIT 17;

SELECT k, id, g FROM facts ORDER BY g NULLS FIRST, k, id FETCH FIRST 31 ROWS ONLY;

SELECT g FROM facts ORDER BY g FETCH FIRST 30 ROWS WITH TIES;

SELECT g, dom FROM facts ORDER BY g DESC NULLS LAST, dom OFFSET 7 FETCH FIRST 11 ROWS WITH TIES;

SELECT x FROM facts ORDER BY abs(x), x LIMIT 12;

SELECT k, id FROM facts ORDER BY x + ${3:int} DESC, k * id, k LIMIT 6;

SELECT m, p, a FROM facts ORDER BY m DESC, p, a, k, id LIMIT 9;

SELECT k, id FROM facts ORDER BY (SELECT name FROM names WHERE names.g = facts.g) NULLS FIRST, k, id LIMIT 8;

SELECT f.k, f.id, d.v FROM facts f JOIN details d USING (k, id) ORDER BY d.v DESC LIMIT 5;

SELECT f.k, f.id, o.label FROM facts f JOIN other o USING (g) ORDER BY o.label, f.k, f.id LIMIT 5;

SELECT * FROM (SELECT k, id FROM facts ORDER BY x DESC, k, id LIMIT 10) s ORDER BY k, id;

SELECT sum(x) FROM (SELECT x FROM facts ORDER BY k, id LIMIT 50 OFFSET 10) s;

SELECT g, sum(x) AS s FROM facts GROUP BY g ORDER BY s DESC LIMIT 2;

SELECT g, h, sum(x) FROM facts GROUP BY g, h ORDER BY g, h COLLATE "C" LIMIT 7;

SELECT g, h, sum(x) FROM facts GROUP BY g, h ORDER BY h COLLATE "C" NULLS FIRST, g DESC LIMIT 5 OFFSET ${2:int};

SELECT g, sum(x) FROM facts GROUP BY g HAVING sum(x) > 100 ORDER BY g LIMIT 2;

SELECT g, sum(x) FROM facts GROUP BY g ORDER BY g FETCH FIRST 3 ROWS WITH TIES;

SELECT x FROM facts WHERE k = 3 ORDER BY x LIMIT 3;

SELECT k, id FROM facts ORDER BY k, id LIMIT (SELECT count(*) / 5 FROM names);

SELECT k, id, x FROM facts ORDER BY x, k, id LIMIT 5 FOR UPDATE;

(SELECT k FROM facts ORDER BY k DESC LIMIT 3) UNION ALL (SELECT k FROM details ORDER BY k LIMIT 2) ORDER BY 1;

SELECT k FROM facts UNION SELECT k FROM details ORDER BY k DESC LIMIT 5;

-- streams that are merged, also two at a time, or with other statements in between
SELECT k, id, h, nc, c, m, p, a, i, b, n FROM facts ORDER BY h COLLATE "C" NULLS FIRST, m DESC, b DESC NULLS LAST, p, a, i DESC, k, id;

SELECT span, j, c COLLATE "C" AS c, k, id FROM facts ORDER BY span DESC, j, 3 DESC, k, id;

SELECT k, id, f FROM facts ORDER BY f USING >, k DESC, id;

SELECT nc COLLATE "C" FROM facts ORDER BY nc, nc COLLATE "C";

SELECT a.x, b.g FROM (SELECT x FROM facts ORDER BY x, k, id OFFSET 1) a, (SELECT g, x FROM facts ORDER BY n, k, id OFFSET 3) b WHERE a.x = b.x AND a.x > 36 ORDER BY a.x, b.g;

SET LOCAL enable_hashjoin = off;
SET LOCAL enable_nestloop = off;
SELECT f.k, f.id, o.g, o.label FROM facts f JOIN other o ON o.g = f.dom WHERE f.id < 4 ORDER BY f.dom, f.k, f.id, o.label;

SELECT k, (SELECT string_agg(label, ',' ORDER BY label) FROM other o WHERE o.g = f.g) FROM facts f ORDER BY x DESC, k, id;

DECLARE c SCROLL CURSOR FOR SELECT k, id, x FROM facts ORDER BY x, k, id;
FETCH 5 FROM c;
SELECT count(*) FROM facts;
FETCH 7 FROM c;
FETCH BACKWARD 4 FROM c;
MOVE ABSOLUTE 100 IN c;
FETCH 3 FROM c;
CLOSE c;

SELECT g, h, mode() WITHIN GROUP (ORDER BY dom), first_value(g) OVER (PARTITION BY h ORDER BY g) FROM facts GROUP BY g, h ORDER BY h COLLATE "C", g;

SELECT x, f.*::text FROM (SELECT facts FROM facts ORDER BY facts.k, facts.id) f, LATERAL (SELECT (f.facts).x) y ORDER BY x, (f.facts).k, (f.facts).id LIMIT 20;

SELECT k, id, x, row_number() OVER (ORDER BY x::oid, k, id) FROM facts;

SELECT k, id, row_number() OVER (ORDER BY h::varchar COLLATE "C" DESC, dom::int, x USING >, k, id) FROM facts;

SELECT k, id, row_number() OVER (ORDER BY p USING *<, k, id), rank() OVER (ORDER BY c USING ~<~) FROM facts WHERE id <> 5;

-- in the order of a subquery
SELECT string_agg(c, ''), array_agg(id) FROM (SELECT * FROM facts WHERE k < 5 ORDER BY n DESC, k, id) s;

SELECT g, string_agg(k || c, ',') FROM (SELECT * FROM facts ORDER BY f DESC, k, id) s GROUP BY g;

WITH s AS (SELECT * FROM facts ORDER BY x, k, id) SELECT string_agg(c, ''), count(*) FROM s;

SELECT k, id, row_number() OVER () FROM (SELECT * FROM facts ORDER BY x, k, id) s;

SELECT k, array_agg(c) FROM (SELECT * FROM facts ORDER BY k, c, id) s GROUP BY k;

-- windows
SELECT k, id, row_number() OVER (ORDER BY x, k, id) FROM facts WHERE id < 3;

SELECT k, id, sum(x) OVER (PARTITION BY g ORDER BY k, id), avg(n) OVER (PARTITION BY h ORDER BY k, id ROWS 2 PRECEDING) FROM facts;

SELECT g, x, rank() OVER w, first_value(k) OVER (PARTITION BY g ORDER BY x, k, id), count(*) FILTER (WHERE b) OVER w FROM facts WINDOW w AS (PARTITION BY g ORDER BY x) ORDER BY k, id;

SELECT f.k, d.part, ntile(4) OVER (ORDER BY d.v) FROM facts f JOIN details d USING (k, id) WHERE d.v > 10;

SELECT * FROM (SELECT k, id, row_number() OVER (PARTITION BY g ORDER BY n, k, id) AS n FROM facts WHERE x > 0) s WHERE n <= 2;

SELECT count(DISTINCT x) FILTER (WHERE b), sum(count(*)) OVER (ORDER BY h) FROM facts GROUP BY h;

SELECT round(stddev(x) OVER (PARTITION BY g), 8), tally(*) OVER (PARTITION BY h) FROM facts;

-- views, subqueries, CTEs, prepared values
WITH s AS (SELECT g, stddev(x) AS s, count(DISTINCT h) AS c FROM facts GROUP BY g) SELECT g, round(s, 8), c FROM s WHERE g > 1;

WITH s AS MATERIALIZED (SELECT * FROM facts WHERE x > 5) SELECT g, count(DISTINCT x), round(stddev(n), 8) FROM s GROUP BY g;

SELECT max(c), sum(s) FROM (SELECT g, count(DISTINCT x) AS c, sum(x) AS s FROM facts GROUP BY g) t;

SELECT o.g, o.label, s.c FROM other o JOIN (SELECT g, count(DISTINCT x) AS c FROM facts GROUP BY g) s ON s.g = o.g;

SELECT g FROM other WHERE g IN (SELECT g FROM facts GROUP BY g HAVING count(DISTINCT x) > 20);

SELECT g, (SELECT count(DISTINCT x) FROM facts f WHERE f.g = n.g AND f.x > ${3:int}), (SELECT round(stddev(x), 6) FROM facts f WHERE f.g = n.g) FROM names n;

SELECT g, s FROM (SELECT g, sum(x) AS s, count(DISTINCT h) AS c FROM facts GROUP BY g UNION ALL SELECT g, sum(x), count(DISTINCT x) FROM one_place GROUP BY g) u WHERE c > 1;

SELECT n.name, l.c FROM names n, LATERAL (SELECT count(DISTINCT x) AS c FROM facts WHERE facts.g = n.g) l;

SELECT count(DISTINCT y), count(*) FROM (SELECT k, x AS y FROM facts UNION ALL SELECT k, part FROM details) s;

SELECT g, sum(s) FROM (SELECT k, g, sum(x) AS s FROM facts GROUP BY k, g) t GROUP BY g;

SELECT g, count(*), count(DISTINCT x) FROM facts WHERE k IN (${1:int}, ${5:int}, ${9:int}) GROUP BY g;

SELECT g, count(*), round(stddev(x), 6) FROM facts WHERE k = ANY (${{1,2,3}|{}|{7}|{NULL}|{5,NULL}|NULL:int[]}) GROUP BY g;

SELECT count(*), sum(x), max(h), tally(*) FROM facts WHERE k = ANY (${{1,2,3}|{}|{7}|{NULL}|NULL:int[]});

-- one set can only be sorted, the other one only hashed
SELECT s, t, count(*) FROM (SELECT g::bit(4) AS s, x::text::xid AS t FROM facts) f GROUP BY GROUPING SETS ((s), (t));

-- constants that are distinct, of no rows
SELECT sum(DISTINCT 39), count(DISTINCT 'x'), count(*), sum(x) FROM facts WHERE k < -5;

SELECT g, count(DISTINCT 1), count(DISTINCT h), sum(x) FROM facts WHERE k < 4 GROUP BY g;

-- of several columns, nodes may return the values of each by themselves
ANALYZE facts;
SELECT count(DISTINCT b), count(DISTINCT m), count(DISTINCT g) FROM facts;

SELECT count(DISTINCT b), sum(DISTINCT g), avg(DISTINCT g), count(DISTINCT m) FROM facts WHERE false;

SELECT count(DISTINCT b) + count(DISTINCT m), avg(DISTINCT g) FROM facts HAVING count(DISTINCT h) > 1;

SELECT b, count(DISTINCT m), sum(DISTINCT g), count(DISTINCT h) FROM facts GROUP BY b ORDER BY count(DISTINCT g) DESC, b LIMIT 2;

SELECT count(DISTINCT b), count(DISTINCT m), count(DISTINCT g), count(*) FROM facts;

SELECT count(DISTINCT b), count(DISTINCT m) FILTER (WHERE id > 5), count(DISTINCT g) FROM facts;

SELECT count(DISTINCT (b, m)), count(DISTINCT m), count(DISTINCT g), count(DISTINCT 1) FROM facts;

SELECT array_agg(DISTINCT b), count(DISTINCT m), count(DISTINCT g) FROM facts;

SELECT count(DISTINCT v), count(DISTINCT w), count(DISTINCT m), count(DISTINCT one) FROM (SELECT b AS v, b AS w, m, 1 AS one FROM facts) s;

SELECT b, count(DISTINCT b), count(DISTINCT m), count(DISTINCT g) FROM facts GROUP BY GROUPING SETS ((b), ());

-- arms of UNION ALL that are not co-located, of all kinds of tables
SELECT count(*), sum(x), avg(x), count(DISTINCT x), min(h) FROM (SELECT x, h FROM facts UNION ALL SELECT g, label FROM other UNION ALL SELECT g, name FROM names UNION ALL SELECT x, 'one' FROM one_place UNION ALL SELECT x, t FROM nothing) u;

SELECT x, count(*), variance(g), lowest(h), strict_sum(g), count(DISTINCT h) FILTER (WHERE g > 1) FROM (SELECT x, g, h FROM facts UNION ALL SELECT g, g, label FROM other) u WHERE x < ${5|3:int} GROUP BY x HAVING count(*) > 1;

SELECT x, max(n), "My Avg"(n) FROM (SELECT x, n FROM facts WHERE b UNION ALL (SELECT g, g FROM other UNION ALL SELECT g, x FROM one_place)) u GROUP BY x ORDER BY x NULLS FIRST LIMIT 3;

SELECT lower(nc), count(*) FROM (SELECT nc FROM facts UNION ALL SELECT label COLLATE nocase FROM other) u GROUP BY lower(nc);

SELECT x, h, count(*), grouping(x, h) FROM (SELECT x % 3 AS x, h FROM facts UNION ALL SELECT g, label FROM other) u GROUP BY CUBE (x, h);

SELECT count(*), sum(x) FROM (SELECT x FROM facts UNION ALL SELECT g::bigint FROM other UNION ALL SELECT v FROM details) u;

SELECT string_agg(h, ',' ORDER BY h), count(*), chain(DISTINCT h) FROM (SELECT h FROM facts WHERE id = 1 UNION ALL SELECT label FROM other) u;

SELECT count(*) FROM (SELECT x FROM facts UNION SELECT g FROM other) u;

SELECT (SELECT count(*) FROM (SELECT x FROM facts WHERE g = n.g UNION ALL SELECT g FROM other WHERE g = n.g) u) FROM names n;

SELECT count(*), max(s) FROM (SELECT g, sum(x) AS s FROM facts GROUP BY g UNION ALL SELECT g, count(*) FROM other GROUP BY g) u;

SELECT rank() OVER (ORDER BY count(*), x), x, sum(count(*)) OVER (), array_length(array_agg(g), 1) FROM (SELECT x, g FROM facts UNION ALL SELECT g, g FROM other) u GROUP BY x;

WITH o AS MATERIALIZED (SELECT * FROM other WHERE g > 1) SELECT count(*), sum(x) FROM (SELECT x FROM facts UNION ALL SELECT g FROM o) u;

SELECT random() IS NULL, count(*), sum(x) FROM (SELECT x FROM facts UNION ALL SELECT g FROM other) u WHERE x IN (SELECT g FROM names) GROUP BY 1;
