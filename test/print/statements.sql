-- Statements, a blank line apart, whose printed form must do what they do. A comment before one says what is expected:
--   not printable: PART OF THE REASON
--   error

SELECT * FROM t

SELECT 1, 'x', NULL, true, 1.5, 2::bigint

SELECT FROM t

SELECT k, k AS k, a AS "A b", k + 1 FROM t WHERE k = 3

SELECT t.k FROM ONLY t WHERE k IN (1, 2, 3)

SELECT -a AS a, k FROM t ORDER BY t.a, k

SELECT -k AS k FROM t ORDER BY k

SELECT -k AS a, a AS k FROM t ORDER BY t.a, t.k

SELECT a AS k, count(*) FROM t GROUP BY a ORDER BY k

SELECT -k AS k FROM t GROUP BY t.k ORDER BY t.k

SELECT b AS a, a AS b FROM t ORDER BY t.a + 0, t.b, t.k

SELECT * FROM t ORDER BY a DESC NULLS LAST, k ASC LIMIT 5 OFFSET 2

SELECT a FROM t ORDER BY a FETCH FIRST 2 ROWS WITH TIES

SELECT a FROM t ORDER BY a LIMIT NULL

SELECT a FROM t ORDER BY a, k LIMIT (SELECT 2)

SELECT DISTINCT a FROM t ORDER BY a

SELECT DISTINCT ON (a) a, k, b FROM t ORDER BY a, k DESC

SELECT DISTINCT a + 1 AS k FROM t ORDER BY k

SELECT a, count(*), sum(c), avg(f), min(b), max(d) FROM t GROUP BY a ORDER BY a

SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > 2 AND a <> 3 ORDER BY 2 DESC, 1

SELECT 'const' AS x, count(*) FROM t GROUP BY x

SELECT 'const', 1, count(*) FROM t GROUP BY 1, 2 ORDER BY 1

SELECT a + 1, a + 1 + 1, count(*) FROM t GROUP BY a + 1 ORDER BY 1

SELECT date_trunc('month', d), to_char(d, 'YYYY') || 'x', count(*) FROM t GROUP BY 1, d ORDER BY 1, 2

SELECT coalesce(b, 'none') AS b, count(*) FROM t GROUP BY coalesce(b, 'none') ORDER BY 1

SELECT a, b, count(*), grouping(a, b) FROM t GROUP BY GROUPING SETS ((a, b), (a), ()) ORDER BY a, b, 3

SELECT a, b, count(*) FROM t GROUP BY ROLLUP (a, (b, k)) ORDER BY a, b, 3

SELECT a, b, count(*) FROM t GROUP BY CUBE (a, b), k ORDER BY a, b, k

SELECT a, b, count(*) FROM t GROUP BY DISTINCT ROLLUP (a, b), ROLLUP (a) ORDER BY 1, 2

SELECT count(*) FILTER (WHERE a = 1), count(DISTINCT a), sum(DISTINCT a + 1) FROM t

SELECT string_agg(b, ',' ORDER BY k DESC), array_agg(DISTINCT a ORDER BY a), json_object_agg(k, b ORDER BY k) FROM t

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c), mode() WITHIN GROUP (ORDER BY a), rank(3) WITHIN GROUP (ORDER BY k) FROM t

SELECT k, sum(k) OVER (PARTITION BY a ORDER BY k), row_number() OVER w, lag(k, 2, -1) OVER w FROM t WINDOW w AS (PARTITION BY a ORDER BY k DESC) ORDER BY k

SELECT k, sum(k) OVER (w ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW), first_value(b) OVER (w RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t WINDOW w AS (ORDER BY k) ORDER BY k

SELECT d, count(*) OVER (ORDER BY d RANGE BETWEEN '2 days' PRECEDING AND '1 day' FOLLOWING) FROM t ORDER BY d

SELECT k, ntile(3) OVER (ORDER BY k), count(*) OVER (ORDER BY a GROUPS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES) FROM t ORDER BY k

SELECT a, sum(count(*)) OVER (ORDER BY a) FROM t GROUP BY a ORDER BY a

SELECT -k AS k, rank() OVER (ORDER BY t.k) FROM t ORDER BY 2

SELECT k, sum(k) FILTER (WHERE a > 1) OVER () FROM t ORDER BY 1

SELECT t.k, u.x FROM t, u WHERE t.k = u.k AND t.a > 0 ORDER BY 1, 2

SELECT t.k, u.x FROM t JOIN u ON t.k = u.k AND u.x > 3 ORDER BY 1, 2

SELECT * FROM t JOIN u USING (k) ORDER BY k, x

SELECT * FROM t NATURAL JOIN u ORDER BY k, x

SELECT k, t.k, u.k, x FROM t FULL JOIN u USING (k) ORDER BY t.k, x

SELECT k + 1 AS k FROM t FULL JOIN u USING (k) GROUP BY k ORDER BY 1

SELECT j.* FROM (t LEFT JOIN u USING (k)) AS j ORDER BY j.k, j.x

SELECT j.kk, j.aa, x FROM (t LEFT JOIN u USING (k)) AS j (kk, aa) ORDER BY 1, 3

SELECT ju.k, t.k FROM t JOIN u USING (k) AS ju ORDER BY 1, u.x

SELECT * FROM t LEFT JOIN u ON true AND t.k = u.x LEFT JOIN arrays a ON a.k = u.k ORDER BY t.k

SELECT * FROM t RIGHT JOIN (u JOIN nullable n ON u.k = n.k) ON t.k = u.k ORDER BY u.x

SELECT * FROM t CROSS JOIN (VALUES (1, 'one'), (2, 'two')) AS w (n, name) WHERE t.k = w.n

SELECT t1.k, t2.k FROM t t1, t t2 WHERE t1.a = t2.a AND t1.k < t2.k ORDER BY 1, 2

SELECT t.k, t_1.k FROM t, t AS t_1 WHERE t.k = t_1.a ORDER BY 1, 2

SELECT s.k, s.k1 FROM (SELECT t.k, u.k FROM t JOIN u ON t.k = u.x) AS s (k, k1) ORDER BY 1

SELECT * FROM (SELECT a, a, a + 1, k AS "?column?" FROM t) s ORDER BY 4

SELECT s FROM (SELECT k, b FROM t) s ORDER BY 1

SELECT s.* FROM (SELECT k, b FROM t ORDER BY k LIMIT 3) s

SELECT k, l.* FROM t, LATERAL (SELECT x, t.a + x AS s FROM u WHERE u.k = t.k ORDER BY x LIMIT 1) l ORDER BY 1

SELECT k, g FROM t LEFT JOIN LATERAL generate_series(1, t.a) AS g ON true ORDER BY 1, 2

SELECT k, e, o FROM arrays, unnest(arr) WITH ORDINALITY AS z (e, o) ORDER BY 1, 3

SELECT * FROM arrays, unnest(arr, ARRAY['a', 'b']) AS z (e, w) WHERE k = 1 ORDER BY e

SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS r (n, w, o)

SELECT * FROM pairs(2)

SELECT p, p.x, (p).y FROM pairs(2) p

SELECT * FROM records(2) AS r (a int, b text)

SELECT * FROM ROWS FROM (records(2) AS (a int, b text), generate_series(1, 1)) AS q (a, b, c)

SELECT * FROM json_to_recordset('[{"a": 1, "b": "x"}]') AS r (a int, b text)

SELECT * FROM jsonb_each('{"a": 1}'), t WHERE k = 1

SELECT xt.* FROM xmltable('/r/i' PASSING xml '<r><i n="1">a</i><i n="2">b</i></r>' COLUMNS n int PATH '@n', v text PATH '.' DEFAULT 'none', o FOR ORDINALITY) AS xt

SELECT * FROM generate_series(1, 3)

SELECT generate_series(1, a), k FROM t WHERE k < 4

SELECT k FROM t TABLESAMPLE bernoulli (100) REPEATABLE (3) ORDER BY k

SELECT k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k) ORDER BY k

SELECT k FROM t WHERE NOT EXISTS (SELECT FROM u WHERE u.k = t.k AND EXISTS (SELECT 1 FROM arrays WHERE arrays.k = t.a)) ORDER BY k

SELECT k FROM t WHERE k IN (SELECT k FROM u WHERE u.x > t.a) ORDER BY k

SELECT k FROM t WHERE (k, a) IN (SELECT k, x % 4 FROM u) ORDER BY k

SELECT k FROM t WHERE (k, a) NOT IN (SELECT 1, 1) AND k <> ALL (SELECT 2) ORDER BY k

SELECT k, (SELECT max(x) FROM u WHERE u.k = t.k) FROM t ORDER BY (SELECT max(x) FROM u WHERE u.k = t.k), k

SELECT ARRAY(SELECT x FROM u WHERE u.k = t.k ORDER BY x) FROM t ORDER BY k

SELECT (SELECT ROW(1, 2)) , (SELECT (t.*)::text FROM t WHERE k = 1)

SELECT k FROM t WHERE k > ANY (SELECT x FROM u WHERE x > 8) OR k = ANY ('{1,2}') OR k = ANY (ARRAY[3]) ORDER BY k

SELECT k FROM t WHERE (k, a) < (5, 1) ORDER BY k

SELECT k FROM t WHERE ROW(k, a) = ROW(5, 1) OR ROW(k, b) IS DISTINCT FROM ROW(1, 'b1') ORDER BY k

SELECT k FROM nullable WHERE (k, v) IS NULL OR (k, v) IS NOT NULL ORDER BY k

SELECT k FROM nullable WHERE nullable IS NULL OR v IS NULL ORDER BY k

SELECT ROW(k, a), ROW(1), ROW() FROM t WHERE k = 1

SELECT ROW(1, 'a')::pair, (ROW(1, 'a')::pair).y, ROW(k, b)::pair FROM t WHERE k < 3

SELECT p, (p).x, (n).p.y, (n).n[1], arr[1], arr[2:3], mat[1][2], mat[1:1], j['a'], j -> 'b' ->> 0, (pa[1]).y FROM arrays ORDER BY k

SELECT ARRAY[1, k], ARRAY[[1, 2], [3, k]], ARRAY[]::int[], '{1,2}'::int[], ARRAY[p, ROW(1, 'z')::pair] FROM arrays ORDER BY k

SELECT CASE WHEN a = 1 THEN 'one' WHEN a = 2 THEN b ELSE NULL END, CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' END, nullif(a, 1), coalesce(a, k, 0), greatest(a, 2), least(a, k, 3) FROM t ORDER BY k

SELECT a BETWEEN 1 AND 2, a BETWEEN SYMMETRIC 2 AND 1, b LIKE 'b_', b NOT LIKE '%1', b ILIKE 'B%', b SIMILAR TO 'b[12]', b ~ '^b', a IS NULL, (a = 1) IS NOT TRUE, (a = 1) IS UNKNOWN FROM t ORDER BY k

SELECT b LIKE 'a\_b', 'back\slash', E'\n\t', 'quo''te', U&'\0061', $$dollar $1$$, '$1' FROM t WHERE k = 1

SELECT extract(year FROM d), extract('dow' FROM d), date_part('month', d), d AT TIME ZONE 'UTC' IS NULL, overlay(b PLACING 'xx' FROM 1 FOR 1), position('b' IN b), substring(b FROM 1 FOR 1), substring(b FROM 'b'), substring(b SIMILAR 'b#"_#"' ESCAPE '#'), trim(BOTH 'b' FROM b), trim(LEADING FROM b), normalize(b, NFC), b IS NFC NORMALIZED, (d, d) OVERLAPS (d, interval '1 day') FROM t ORDER BY k

SELECT CAST(a AS text), a::varchar(1), b::char(1), c::numeric(5,1), c::int, f::real, 'x'::varchar(5), '12'::numeric(3,1), '2020-01-01'::timestamp(0), interval '1' day, interval '1.5 hours' minute, B'101', X'1F', '101'::bit(5), 1::"char" FROM t ORDER BY k

SELECT date '2020-02-03', time '10:00', timestamptz '2020-01-01 00:00+02', interval '-1 day +2 hours', '1 mon -3 days'::interval, bytea '\x0102', 'infinity'::float8, 'NaN'::numeric, 1e100, 1.0e-5::float4, '0.1'::float8, inet '10.0.0.0/8', uuid 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', json '{"a":1}', jsonb '[1]', xml '<a/>', point '(1,2)', money '1.50', tsvector 'a b', int4range(1, 5), '[1,3)'::int4range, '{1,2}'::int[], '{{a,b}}'::text[], ARRAY[NULL, 1], '(1,a)'::pair

SELECT k FROM t WHERE b = 'b1'::varchar AND b::char(2) = 'b1' AND d > '2020-01-01' AND c = 1.25 AND f < 1 ORDER BY k

SELECT xmlelement(name foo, xmlattributes(k AS id, 'x' AS "Y"), b), xmlforest(a, b AS bee), xmlconcat('<a/>', xmlpi(name php, 'x')), xmlroot(xml '<a/>', version '1.0', standalone yes), xmlserialize(content xml '<x/>' AS text), xmlparse(document '<d/>') FROM t ORDER BY k

SELECT xmlagg(xmlelement(name k, k) ORDER BY k) FROM t

SELECT b COLLATE "C", b < 'b2' COLLATE "C", lower(b COLLATE "C") FROM t ORDER BY b COLLATE "C", k

SELECT k OPERATOR(ops.=) 3, k OPERATOR(ops.=~=) 3, k OPERATOR(pg_catalog.=) 3, ops.lower(b), pg_catalog.lower(b) FROM t ORDER BY k

SELECT k FROM t WHERE k OPERATOR(ops.=) ANY (ARRAY[1, 7]) ORDER BY k USING >

SELECT a, ops.total(k) FROM t GROUP BY a ORDER BY a

SELECT variadic_sum(1, 2, k), variadic_sum(VARIADIC ARRAY[k]), with_defaults(k), with_defaults(1, c => 'q'), with_defaults(b => 2, a => k), format('%s-%s', k, 'lit'), concat('a', k, NULL, 'b'), json_build_object('k', k, 'lit', 'v') FROM t ORDER BY k

SELECT immutable_of(k), immutable_of(3), stable_one(), stable_of(4) FROM t ORDER BY k

-- not printable: stable_of
SELECT stable_of(k) FROM t

-- not printable: volatile_one
SELECT volatile_one() FROM t

-- not printable: nextval
SELECT nextval('seq') FROM t WHERE k = 1

-- not printable: pg_advisory
SELECT pg_advisory_lock(1) FROM t

SELECT now() = now(), current_date = now()::date, current_user = session_user, localtimestamp IS NULL, current_setting('server_version_num')::int > 0, random() < 2, clock_timestamp() IS NULL FROM t WHERE k = 1

SELECT count(*) FROM t WHERE d < now() - interval '1 day' AND d < current_date AND b <> current_user

SELECT k, CASE WHEN now() > '2020-01-01' THEN 1 ELSE k END AS c FROM t ORDER BY k

SELECT 'sad'::mood, m, m > 'sad', m::text, 'ok' = m, enum_range('sad'::mood, m), ARRAY['ok'::mood] || m, mn FROM zoo ORDER BY k

SELECT m, count(*) FROM zoo WHERE m = 'ok' OR m IN ('sad', 'happy') GROUP BY m ORDER BY m

SELECT g, g + 1, 5::posint, k::posint, nm, 'x'::named, '{1,2}'::ints FROM zoo ORDER BY k

-- error
SELECT (-5)::posint FROM zoo

SELECT r @> 3, r * int4range(2, 4), iv, iv * 2, by, by = '\x0001', ch, ch = 'c1', vc, bt, bt & B'0011', ip, ip << '10.0.0.0/8', ts, ts + '1 hour' FROM zoo ORDER BY k

SELECT t FROM t WHERE k < 3 ORDER BY k

SELECT t, t.*, x FROM t JOIN u ON t.k = u.x WHERE t.k < 3 ORDER BY x

SELECT (t).k, (t.*).b, row_to_json(t), row_to_json(t.*), to_jsonb(t) -> 'a', count(t) OVER () FROM t ORDER BY k

SELECT t::text, pg_typeof(t), t = t, t IS NOT NULL, t IS DISTINCT FROM t2 FROM t JOIN t t2 USING (k) ORDER BY k

SELECT t.k, u FROM t LEFT JOIN u ON u.x = t.k + 10 ORDER BY t.k, u.x

SELECT array_agg(t ORDER BY k) FROM t

SELECT dropped, dropped.* FROM dropped ORDER BY a

SELECT s.w, (s.w).c FROM (SELECT d AS w FROM dropped d) s ORDER BY 1

SELECT q FROM (SELECT t FROM t WHERE k = 1) q

SELECT tableoid = 't'::regclass, tableoid::regclass FROM t WHERE k = 1

-- not printable: tableoid
SELECT tableoid::regclass, count(*) FROM t GROUP BY tableoid

SELECT t.k, u.tableoid::regclass::text FROM t LEFT JOIN u ON u.x = t.k + 10 ORDER BY 1, 2

SELECT 't'::regclass, 'lower(text)'::regprocedure, 'int4'::regtype, 'pair'::regtype, 'public'::regnamespace, 't'::regclass::oid = 't'::regclass FROM t WHERE k = 1

SELECT ctid, xmin IS NULL, cmin, cmax FROM t WHERE k = 1

SELECT k FROM t WHERE ctid = '(0,1)'

SELECT * FROM v ORDER BY k

SELECT v, v.k FROM v ORDER BY k

SELECT row_to_json(v) FROM v ORDER BY k

SELECT one, deux FROM v_renamed ORDER BY deux, one

SELECT v_renamed FROM v_renamed ORDER BY one

SELECT * FROM v_union ORDER BY k, origin

SELECT * FROM v_agg JOIN v_join ON v_agg.a = v_join.k ORDER BY 1, x

SELECT (v_row.t).b, v_row FROM v_row ORDER BY k

-- not printable: security barrier
SELECT * FROM v_barrier

WITH w AS (SELECT k, a FROM t WHERE a = 1) SELECT * FROM w ORDER BY k

WITH w (x, y) AS MATERIALIZED (SELECT k, a FROM t), w2 AS NOT MATERIALIZED (SELECT x FROM w) SELECT * FROM w JOIN w2 USING (x) ORDER BY x

WITH w AS (SELECT k FROM t) SELECT * FROM u WHERE k IN (SELECT k FROM w) AND x = (SELECT max(k) FROM w) ORDER BY 1, 2

WITH RECURSIVE r AS (SELECT id, label, 1 AS depth FROM tree WHERE parent IS NULL UNION ALL SELECT t.id, r.label || '/' || t.label, depth + 1 FROM tree t JOIN r ON t.parent = r.id) SELECT * FROM r ORDER BY 1

WITH RECURSIVE r (n) AS (VALUES (1) UNION SELECT n + 1 FROM r WHERE n < 5) SELECT n, k FROM r JOIN t ON k = n ORDER BY 1

WITH RECURSIVE r AS (SELECT id, parent FROM tree WHERE parent IS NULL UNION ALL SELECT t.id, t.parent FROM tree t JOIN r ON t.parent = r.id) SEARCH DEPTH FIRST BY id SET ord SELECT id, ord FROM r ORDER BY ord

-- not printable: SEARCH BREADTH FIRST
WITH RECURSIVE r (i, p) AS (SELECT id, parent FROM tree WHERE parent IS NULL UNION ALL SELECT t.id, t.parent FROM tree t JOIN r ON t.parent = r.i) SEARCH BREADTH FIRST BY i SET ord SELECT i, ord FROM r ORDER BY ord

WITH RECURSIVE r AS (SELECT id, parent FROM tree UNION ALL SELECT t.id, t.parent FROM tree t JOIN r ON t.parent = r.id) CYCLE id SET is_cycle USING path SELECT * FROM r ORDER BY path

WITH RECURSIVE r AS (SELECT id, parent FROM tree WHERE id = 7 UNION ALL SELECT t.id, t.parent FROM tree t JOIN r ON t.parent = r.id) SEARCH DEPTH FIRST BY id SET ord CYCLE id SET looped TO 'Y' DEFAULT 'N' USING path SELECT id, ord, looped, path FROM r ORDER BY ord

WITH d AS (DELETE FROM t WHERE k > 10 RETURNING *), i AS (INSERT INTO u (k, x) SELECT k, a FROM d RETURNING k) SELECT * FROM i ORDER BY k

WITH x AS (UPDATE t SET b = 'upd' WHERE k = 1 RETURNING k, b) SELECT * FROM x, t WHERE t.k = x.k

WITH w AS (SELECT 5 AS k) INSERT INTO u (x, k) SELECT 1, k FROM w

WITH w AS (SELECT 5 AS k) UPDATE t SET a = w.k FROM w WHERE t.k = w.k

WITH w AS (SELECT 5 AS k) DELETE FROM t USING w WHERE t.k = w.k RETURNING *

SELECT k FROM t UNION SELECT k FROM u ORDER BY k

SELECT k AS n, 't' FROM t UNION ALL SELECT x, 'u' FROM u ORDER BY n DESC, 2 LIMIT 5

(SELECT k FROM t ORDER BY k LIMIT 2) UNION ALL (SELECT x FROM u ORDER BY x DESC LIMIT 2)

SELECT k FROM t INTERSECT (SELECT k FROM u EXCEPT SELECT 3) ORDER BY 1

(SELECT k FROM t UNION ALL SELECT x FROM u) EXCEPT ALL SELECT 1 ORDER BY 1

SELECT k, NULL FROM t UNION SELECT x, y FROM u ORDER BY 1, 2

SELECT 1 AS a, 2.5 AS b UNION ALL SELECT 2.5, 1 ORDER BY a

SELECT '1' UNION ALL SELECT b FROM t WHERE k = 1 ORDER BY 1

WITH w AS (SELECT k FROM t) (SELECT k FROM w WHERE k < 2) UNION ALL (WITH w AS (SELECT x FROM u) SELECT x FROM w WHERE x < 3)

SELECT * FROM (SELECT k FROM t UNION SELECT x FROM u) s (kk) ORDER BY kk

SELECT FROM t UNION ALL SELECT FROM u

VALUES (1, 'a'), (2, NULL), (3 + 1, 'c')

VALUES (1, 'a'), (2, 'b') ORDER BY 1 DESC LIMIT 1

SELECT * FROM t WHERE k IN (VALUES (1), (2)) ORDER BY k

SELECT k, a FROM t WHERE k = 2 FOR UPDATE

SELECT t.k FROM t JOIN u ON t.k = u.x FOR NO KEY UPDATE OF t FOR SHARE OF u NOWAIT

SELECT k FROM t FOR KEY SHARE SKIP LOCKED

SELECT k FROM v WHERE k = 1 FOR UPDATE

SELECT * FROM (SELECT k FROM t WHERE k < 3) s FOR UPDATE OF s

SELECT * FROM t, (SELECT k FROM u FOR SHARE) s WHERE t.k = s.k ORDER BY 1, s.k

SELECT "Key", "select", "a b", "Ünï", old, new FROM "Quoted ""Table""" ORDER BY "Key"

SELECT q."Key" AS "SELECT", q."a b" AS "x""y", "Quoted ""Table""" FROM "Quoted ""Table""" q, "Quoted ""Table""" ORDER BY 1, "Quoted ""Table"""."Key"

SELECT * FROM abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefgh a1 JOIN abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefgh a2 USING (k) ORDER BY k

SELECT * FROM abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefgh, (SELECT * FROM abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefgh) abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdef_1 ORDER BY 1, 4

SELECT k, (SELECT k FROM t WHERE k = u.x) FROM u ORDER BY x

SELECT k, (SELECT count(*) FROM t t2 WHERE t2.a = t.a AND EXISTS (SELECT 1 FROM t t3 WHERE t3.k = t.k AND t3.k = t2.k)) FROM t ORDER BY k

SELECT sum((SELECT x FROM u WHERE u.x = t.k)) FROM t

SELECT count(*) FROM t WHERE true AND NOT false OR NULL

SELECT k % 2 = 0 AND a > 1 OR NOT (a < 2 AND (k > 3 OR b = 'b1')) FROM t ORDER BY k

SELECT -k, - (-1), +a, k - -1, @ a, 2 ^ 3, (a)::text || 'x', !!tsquery 'a', k::int8::text FROM t ORDER BY k

SELECT (-32768)::int2, - (5), (-5) ^ 2, -5 ^ 2

-- error
SELECT 1 / (k - k) FROM t

INSERT INTO t VALUES (100, 1, 'new', 1.5, '2021-01-01', 0.1)

INSERT INTO t (k) VALUES (100)

INSERT INTO t (b, k, a) VALUES ('x', 100, 7) RETURNING *

INSERT INTO t (b, k, a) VALUES ('x', 100, 7), ('y', 101, NULL), (DEFAULT, 102, DEFAULT) RETURNING k, b

INSERT INTO u DEFAULT VALUES RETURNING *

INSERT INTO u (k) VALUES (1), (2)

INSERT INTO u (x, k, y) VALUES (1, 2, DEFAULT), (3, 4, 'given')

INSERT INTO u (y, k) SELECT b, k FROM t WHERE k < 3

INSERT INTO u (k, x) SELECT k, a FROM t ORDER BY k LIMIT 2

INSERT INTO u SELECT k, a, b FROM t WHERE k < 3

INSERT INTO u (z, k) SELECT '2020-01-01', k FROM t WHERE k < 3

INSERT INTO u (y, x) SELECT k, c FROM t WHERE k < 3

INSERT INTO u (k, y) SELECT k, b FROM t UNION ALL SELECT x, y FROM u RETURNING k

INSERT INTO u (y, k) WITH w AS (SELECT k, b FROM t) SELECT b, k FROM w

WITH w AS (SELECT k, b FROM t) INSERT INTO u (y, k) SELECT b, k FROM w

WITH w AS (SELECT k, b FROM t) INSERT INTO u (y, k) SELECT b, k FROM t WHERE EXISTS (SELECT 1 FROM w WHERE w.k = t.k + 1)

INSERT INTO u (y, k) VALUES ((SELECT max(b) FROM t), (SELECT 1 + count(*) FROM t)), (upper('q'), 1 + 1)

INSERT INTO u (k, x) SELECT generate_series(1, 3), 7

INSERT INTO u (k, x) VALUES (generate_series(1, 3), 7)

INSERT INTO u (k, x) TABLE nullable

INSERT INTO u (z, x, k) VALUES (now(), 1, 1) RETURNING z = now()

INSERT INTO u (k, y) VALUES (1, current_user), (2, (ARRAY['a', 'b'])[2])

INSERT INTO serials (v) VALUES (10), (11) RETURNING *

INSERT INTO serials DEFAULT VALUES RETURNING *

INSERT INTO serials (v, id) VALUES (10, DEFAULT), (11, 77) RETURNING *

INSERT INTO serials (v, byd) VALUES (10, 5) RETURNING *

INSERT INTO serials (gen, v) OVERRIDING SYSTEM VALUE VALUES (50, 10), (51, 11) RETURNING *

INSERT INTO serials (gen, byd, v) OVERRIDING USER VALUE VALUES (50, 60, 10) RETURNING *

INSERT INTO serials (gen, dbl, v) VALUES (DEFAULT, DEFAULT, 5) RETURNING *

-- not printable: nextval
INSERT INTO serials (v) SELECT k FROM t

INSERT INTO serials (v) VALUES (1) ON CONFLICT DO NOTHING RETURNING v

INSERT INTO u (k, x) VALUES (nextval('seq'), nextval('seq')), (currval('seq'), nextval('seq')) RETURNING k, x

INSERT INTO u (k, x) VALUES (volatile_one(), stable_of(3)) RETURNING k, x

INSERT INTO u (y) VALUES (gen_random_uuid()::text) RETURNING length(y)

INSERT INTO t (k, a) VALUES (1, 5) ON CONFLICT (k) DO UPDATE SET a = excluded.a + t.a, b = 'conflict' RETURNING *

INSERT INTO t (k, a) VALUES (1, 5), (99, 6) ON CONFLICT ON CONSTRAINT t_key DO UPDATE SET (b, a) = (excluded.b, excluded.a) WHERE t.a > 0 RETURNING *

INSERT INTO t AS target (k, a) VALUES (1, 5) ON CONFLICT (k) WHERE k > 0 DO UPDATE SET (b, a) = (SELECT y, x FROM u WHERE u.x = target.k) RETURNING target.*

INSERT INTO t (k) VALUES (1), (99) ON CONFLICT DO NOTHING RETURNING k

INSERT INTO t (k, a) SELECT k, x FROM u WHERE k IS NOT NULL AND x > 10 ON CONFLICT (k) DO UPDATE SET a = excluded.a * 100 + (SELECT count(*) FROM u)

INSERT INTO t (k, a) VALUES (1, 2) ON CONFLICT (k) DO UPDATE SET b = (excluded.*)::text, a = (SELECT max(x) FROM u WHERE x > excluded.a)

INSERT INTO arrays (k, arr[1], arr[2]) VALUES (9, 1, 2) RETURNING k, arr

INSERT INTO arrays (k, arr[1], arr[2], p.y, p.x) VALUES (9, 1, 2, 'pp', 3), (10, 4, 5, 'qq', 6) RETURNING k, arr, p

INSERT INTO arrays (arr[2], p.y, k, n.p.x, n.n[2], n.n[1]) SELECT a, b, k, k, 8, 9 FROM t WHERE k < 3 RETURNING *

INSERT INTO arrays (k, p, n, di) VALUES (9, ROW(1, 'a'), ROW(ROW(1, 'b'), '{1}'), '{3}'), (10, NULL, DEFAULT, ARRAY[1, 2])

INSERT INTO arrays (di[1], di[2], k) VALUES (1, 2, 9) RETURNING di

INSERT INTO zoo (k, m, r, iv, by, ch, vc, bt, ip) VALUES (9, 'happy', '[1,5)', '1 day', '\xff', 'abc', 'abcd', B'1010', '::1') RETURNING *

INSERT INTO zoo (m, k) SELECT 'sad', k FROM t WHERE k = 1 RETURNING g, nm, m

-- error
INSERT INTO zoo (k, vc) VALUES (1, 'too long')

INSERT INTO zoo (k, vc, ch) VALUES (1, 'spc   '::text, 'x') RETURNING vc, ch

INSERT INTO dropped VALUES (1, 2, 'c', 4) RETURNING dropped, *

INSERT INTO dropped (c, a) SELECT b, k FROM t WHERE k < 3 RETURNING *

INSERT INTO "Quoted ""Table""" ("Ünï", "Key") VALUES ('é', 9) RETURNING "Quoted ""Table""".*

INSERT INTO u (k, y) VALUES (1, 'a') RETURNING u, u.tableoid::regclass, (SELECT max(k) FROM t), k AS y

INSERT INTO v (b, k, a) VALUES ('view', 200, 1)

INSERT INTO v_reorder (aa, bb, kk) VALUES (1, 'x', 300), (2, 'y', 301) RETURNING *

INSERT INTO v_reorder (aa, bb, kk) SELECT x, y, x + 100 FROM u RETURNING kk, bb

-- not printable: CHECK OPTION
INSERT INTO v_check VALUES (200, 5)

UPDATE t SET a = 5

UPDATE t SET a = 5, b = 'x' || b, c = c * 2 WHERE k = 3 RETURNING *

UPDATE ONLY t SET b = DEFAULT WHERE k = 3 RETURNING b

UPDATE u SET y = DEFAULT, z = DEFAULT WHERE k = 1 RETURNING *

UPDATE t AS tt SET a = tt.a + 1 WHERE tt.k = 1 RETURNING tt.a, k

UPDATE t SET (a, b) = (9, 'nine') WHERE k = 9 RETURNING *

UPDATE t SET (b, a) = (SELECT y, x FROM u WHERE u.x = t.k) WHERE k < 4 RETURNING *

UPDATE t SET d = '2022-02-02', (b, a) = (SELECT y, x FROM u WHERE u.x = t.k), (f, c) = (SELECT 1, 2), k = k + 100 WHERE k < 4 RETURNING *

UPDATE t SET (c, b, a) = (SELECT x, k::text, x FROM u WHERE u.x = t.k) WHERE k < 4 RETURNING *

UPDATE t SET (b, a) = ROW('row', 1) WHERE k = 1 RETURNING *

UPDATE t SET a = u.x FROM u WHERE t.k = u.x AND u.y IS NOT NULL RETURNING t.k, u.x, t.a

UPDATE t SET a = t2.a FROM t t2 WHERE t.k = t2.k + 1 RETURNING t.*, t2.k

UPDATE t SET a = j.x FROM (u JOIN nullable n USING (k)) AS j WHERE t.k = j.x

UPDATE t SET a = (SELECT max(x) FROM u WHERE u.k = t.k), b = CASE WHEN a > 1 THEN 'big' ELSE b END WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k)

UPDATE t SET b = t::text WHERE k < 3 RETURNING b

UPDATE arrays SET arr[1] = 100 WHERE k = 1 RETURNING arr

UPDATE arrays SET arr[1] = 100, arr[3] = arr[1] + 5, mat[1][1] = 7, arr[5] = 50 RETURNING arr, mat

UPDATE arrays SET arr[2:3] = '{8,9}', p.x = 5, p.y = 'five', n.p.y = 'deep', n.n[2] = 6, n.p.x = k RETURNING *

UPDATE arrays SET j['a'] = '5', j['b'][0] = to_jsonb(k), j['new'] = '"x"', di[1] = 4, di[2] = 5, pa[1].y = 'changed', pa[2].x = 3 RETURNING *

UPDATE arrays SET (arr[1], p.x) = (SELECT 11, 22), (p.y, arr[2]) = (SELECT 'yy', 33) RETURNING arr, p

UPDATE arrays SET (arr[1], arr[2]) = (7, 8) WHERE k = 1 RETURNING arr

UPDATE arrays SET p = ROW(1, 'whole'), j = j || '{"z": 1}' WHERE (p).x = 2 RETURNING p, j

UPDATE zoo SET m = 'happy', g = 3, nm = DEFAULT, r = r + '[3,9)', ch = 'z', iv = iv + '1 h' WHERE m < 'happy' RETURNING *

-- error
UPDATE zoo SET g = -1

UPDATE serials SET v = v + 10 RETURNING *

-- not printable: identity
UPDATE serials SET gen = DEFAULT

-- not printable: nextval
UPDATE serials SET id = DEFAULT

UPDATE dropped SET b = e, c = 'new' WHERE a = 1 RETURNING dropped

UPDATE "Quoted ""Table""" SET "select" = "Ünï", "a b" = old + new WHERE "Key" = 1 RETURNING *

UPDATE v SET b = 'through view' WHERE k < 4 RETURNING *

UPDATE v_reorder SET bb = 'through view', aa = kk FROM u WHERE kk = u.x RETURNING kk, bb, u.x

UPDATE v_reorder SET (aa, bb) = (SELECT x, y FROM u WHERE u.x = kk) WHERE kk < 3 RETURNING *

-- not printable: CHECK OPTION
UPDATE v_check SET a = 5

-- not printable: security barrier
UPDATE v_barrier SET b = 'x'

UPDATE t SET a = 1 WHERE k = (SELECT min(k) FROM t) RETURNING (SELECT count(*) FROM u), tableoid::regclass

UPDATE t SET b = left(to_char(now(), 'YYYY'), 1), a = length(current_user) * 0 WHERE d < now() RETURNING a

DELETE FROM t

DELETE FROM t WHERE k = 3 RETURNING *

DELETE FROM t AS x WHERE x.a = 1 AND x.k IN (SELECT k FROM u) RETURNING x, x.k

DELETE FROM t USING u WHERE t.k = u.x AND u.k = 2 RETURNING t.*, u.x

DELETE FROM t USING u JOIN nullable n USING (k) WHERE t.k = u.x RETURNING t.k

DELETE FROM t USING t t2 WHERE t.k = t2.a RETURNING t.k, t2.k

DELETE FROM ONLY t WHERE (k, a) IN (SELECT x, k FROM u)

DELETE FROM v WHERE k < 5 RETURNING *

DELETE FROM v_reorder USING u WHERE kk = u.x AND u.k = 1 RETURNING bb

DELETE FROM zoo WHERE m = 'sad' RETURNING m, r

DELETE FROM "Quoted ""Table""" WHERE "Key" = 2 RETURNING "a b" AS "Ünï"

-- not printable: MERGE
MERGE INTO t USING u ON t.k = u.x WHEN MATCHED THEN UPDATE SET a = 1

SELECT x.q, x, x.b FROM t AS x (q, w) ORDER BY q

SELECT row_to_json(x), (x).q FROM t AS x (q, w) ORDER BY q

SELECT s FROM (SELECT k, t FROM t) AS s (one, two) ORDER BY s.one

WITH t AS (SELECT k + 1 AS k FROM t) SELECT * FROM t, public.u WHERE t.k = u.x ORDER BY 1

WITH t AS (SELECT * FROM t WHERE a = 1), w AS (WITH t AS (SELECT k * 10 AS k FROM t) SELECT * FROM t) SELECT t.k, w.k FROM t, w ORDER BY 1, 2

WITH w AS (SELECT k FROM t) SELECT (SELECT count(*) FROM w w2 WHERE w2.k <= w.k) FROM w ORDER BY 1

SELECT * FROM (WITH w AS (SELECT k FROM t) SELECT * FROM w) s WHERE k IN (WITH w AS (SELECT 3 AS z) SELECT z FROM w)

SELECT k, v FROM nullable FULL JOIN (SELECT k::bigint AS k, x FROM u) s USING (k) ORDER BY k, v, x

SELECT k FROM nullable FULL JOIN u USING (k) FULL JOIN t USING (k) WHERE k > 2 OR k IS NULL ORDER BY k

SELECT k, sum(x) FROM nullable FULL JOIN u USING (k) GROUP BY k HAVING k > 1 ORDER BY k

SELECT a.k, b.k, k FROM (nullable a FULL JOIN u b USING (k)) ORDER BY a.k, b.x

SELECT * FROM (SELECT k FROM nullable FULL JOIN u USING (k)) s WHERE k = 3

SELECT * FROM ((t JOIN u USING (k)) AS j1 JOIN nullable n USING (k)) AS j2 ORDER BY k, x

SELECT j1.x, n.v FROM (t JOIN u USING (k)) AS j1 JOIN nullable n USING (k) ORDER BY 1, 2

SELECT ju, ju.k FROM t JOIN u USING (k) AS ju ORDER BY 2, u.x

SELECT t.k AS "t", "t"."k" FROM t ORDER BY "t", t.k

SELECT a AS b, b AS c, c AS a FROM t GROUP BY a, b, c, k HAVING max(f) > 0 ORDER BY t.b, t.c, k

SELECT k AS x, x AS k FROM (SELECT t.k, u.x FROM t, u WHERE t.k = u.x) s ORDER BY s.x DESC

SELECT max(k) AS k FROM t ORDER BY max(k)

SELECT count(*) AS a FROM t GROUP BY t.a ORDER BY t.a

SELECT DISTINCT ON (t.a) -a AS a, k FROM t ORDER BY t.a, t.k

SELECT DISTINCT -k AS k FROM t ORDER BY -t.k

SELECT k, row_number() OVER w1, sum(a) OVER (w1 ROWS 1 PRECEDING), count(*) OVER (PARTITION BY a) FROM t WINDOW w2 AS (PARTITION BY a), w1 AS (w2 ORDER BY k) ORDER BY k

SELECT k, nth_value(b, 2) OVER (ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 + 1 FOLLOWING) FROM t ORDER BY k

SELECT a, rank() OVER (ORDER BY count(*) DESC, a) FROM t GROUP BY a ORDER BY 1

SELECT string_agg(k::text, '-') OVER (PARTITION BY a ORDER BY k) FROM t ORDER BY k

SELECT generate_series(1, 2), unnest(arr) FROM arrays WHERE k = 1

SELECT k, unnest(arr) AS e FROM arrays ORDER BY e DESC, k LIMIT 4

SELECT a, array_agg(k ORDER BY k DESC NULLS FIRST, b USING <) FILTER (WHERE k > 1) FROM t GROUP BY a ORDER BY a

SELECT a IN (1, 2), a NOT IN (1, 2), a IN (k, 3), b IN ('b1', 'b' || a), (a, b) IN ((1, 'b1'), (2, 'b2')), a = ALL (ARRAY[1, 1]), m IN ('sad', 'ok') FROM t JOIN zoo USING (k) ORDER BY k

SELECT c IN (1.25, 2.5), k IN (1, 3000000000), k IN (1::bigint, 2), d IN ('2020-01-02', '2020-01-03'), iv IN ('1 day 2 hours') FROM t JOIN zoo USING (k) ORDER BY k

SELECT t.*, (SELECT array_agg(r) FROM (SELECT x, y FROM u WHERE u.k = t.k ORDER BY x) r) FROM t ORDER BY k

SELECT EXISTS (SELECT 1 FROM t), NOT EXISTS (SELECT 1 FROM t WHERE false), (SELECT k FROM t WHERE false) IS NULL

SELECT (SELECT (SELECT t.k + u.x FROM tree WHERE id = 1) FROM u WHERE u.x = t.k) FROM t ORDER BY k

SELECT (ARRAY[1, 2, 3])[2], (ARRAY[1, 2, 3])[k], ('{a,b}'::text[])[1:1], (SELECT ARRAY[4, 5])[1], (ROW(1, 'b')::pair).x FROM t WHERE k < 3 ORDER BY k

SELECT j -> 'a', j #>> '{b,0}', j @> '{"a": 1}', j ? 'a', j || jsonb_build_object('k', k), jsonb_path_query_first(j, '$.b[0]') FROM arrays ORDER BY k

SELECT b || 1, 1 || b, 'x' || k, k || '', ARRAY[1] || k, d + 1, d - d, d + interval '1 day', now() + k * interval '0' = now(), f * 2, c / 3, k / 2, k % 3, -c, |/ f FROM t ORDER BY k

SELECT k::text::int::numeric(4,1)::text, (k || '0')::smallint, b::name, b::bytea, k::bit(4), k::bool, '1'::text::bool, f::int, 'NaN'::float8 = f FROM t ORDER BY t.k

SELECT to_char(c, '999.99'), to_char(ts, 'DD-Mon'), to_date('2020', 'YYYY'), age(ts, '2019-01-01'), date_trunc('hour', ts), ts::date, ts::time, make_interval(days => k), iv + '1 day'::interval FROM t JOIN zoo USING (k) ORDER BY k

SELECT ts AT TIME ZONE 'Europe/Berlin', ts AT TIME ZONE interval '2 hours', (ts AT TIME ZONE 'UTC') AT TIME ZONE 'Asia/Tokyo' FROM zoo ORDER BY k

SELECT (ts, ts + interval '1 hour') OVERLAPS (ts, interval '1 min'), overlay('abc'::bytea PLACING '\x00'::bytea FROM 2), trim('x' FROM b), trim(both from by, '\x00'::bytea) FROM zoo JOIN t USING (k) ORDER BY k

SELECT current_catalog = current_database(), user = current_user, session_user = user, current_role = user, current_schema = 'public', localtime IS NULL, current_time(0) IS NULL, current_timestamp(3) IS NULL, inet_client_addr() IS NULL

SELECT k FROM t WHERE b = current_setting('no.such', true) OR k = 1

SELECT currval('seq') = 1000, lastval() > 0, k FROM t ORDER BY k LIMIT 1

SELECT 'now'::timestamptz = now(), 'today'::date = current_date FROM t WHERE k = 1

SELECT k, random() BETWEEN 0 AND 1, gen_random_uuid() IS NULL FROM t ORDER BY random() * 0, k

SELECT xmlexists('//a' PASSING BY VALUE xml '<a/>'), xpath('/a/text()', '<a>x</a>'), xml '<a/>' IS DOCUMENT, xmlcomment('c'), xmlelement(name "a:b", NULL, 'c' || k) FROM t WHERE k = 1

SELECT * FROM t, xmltable('/a/b' PASSING xmlelement(name a, xmlelement(name b, t.k)) COLUMNS v int PATH '.') xx WHERE k < 3 ORDER BY k

SELECT jt.* FROM arrays, jsonb_to_record(j) AS jt (a int, b int[]) ORDER BY 1

SELECT f.*, k FROM t, LATERAL (VALUES (t.a, 1), (t.k, 2)) AS f (v, n) ORDER BY k, n

SELECT * FROM current_date AS d (x) WHERE x = current_date

SELECT * FROM CAST(5 AS bigint) AS c (n), upper('x') AS u, coalesce(NULL, 'z') co

SELECT p.* FROM t, pairs(t.a) WITH ORDINALITY AS p (x, y, o) ORDER BY k, o

SELECT g.*, ROW(g.*) FROM generate_series('2020-01-01'::timestamp, '2020-01-03', '1 day') g

SELECT count(*) FROM t, t t2, t t3 WHERE t.k = t2.k AND t2.k = t3.k AND t3.a = ANY (SELECT a FROM t)

SELECT "?column?", "count" FROM (SELECT 1, count(*) FROM t) s

SELECT NULL AS n, NULL::int, NULL::pair, NULL::mood, ARRAY[NULL]::mood[], ROW(NULL)

SELECT u.y AS "select", u.x AS "from", 1 AS "A", 2 AS "ä", 3 AS " ", 4 AS """" FROM u ORDER BY "from" LIMIT 1

SELECT U&'d\0061t\+000061', E'\\x', 'a''b\c', N'nat', 'multi'
  'line'

SELECT k FROM t OFFSET 2 + 3 LIMIT 1 + 1

SELECT k FROM t ORDER BY k OFFSET (SELECT count(*) FROM t) - 2 FETCH NEXT ROW ONLY

SELECT k FROM t ORDER BY k FETCH FIRST (1 + 1) ROWS WITH TIES

SELECT k FROM t WHERE k < 3 UNION ALL SELECT k FROM t WHERE k > 10 UNION SELECT 1 ORDER BY 1

SELECT k FROM t WHERE k < 3 UNION ALL (SELECT k FROM t WHERE k > 10 UNION SELECT 1) ORDER BY 1

(SELECT k, b FROM t FOR UPDATE) LIMIT 2

SELECT * FROM (VALUES (1, 2), (3, 4)) AS w (x, y) NATURAL JOIN (SELECT 1 AS x) s

SELECT w.column1 FROM (VALUES (1), (2)) w UNION SELECT k FROM t WHERE k > 11 ORDER BY 1

SELECT a FROM t EXCEPT (SELECT 1 INTERSECT SELECT 1) ORDER BY 1

SELECT 1 AS one UNION SELECT NULL ORDER BY one NULLS FIRST

SELECT m FROM zoo UNION SELECT 'happy' ORDER BY m

SELECT k, b FROM t WHERE EXISTS (SELECT k FROM u UNION SELECT x FROM u WHERE x = t.k) ORDER BY k

INSERT INTO u (x, y) SELECT DISTINCT ON (a) k, b FROM t ORDER BY a, k RETURNING *

INSERT INTO u (y, x) SELECT * FROM (VALUES ('a', 1), ('b', 2)) v (p, q)

INSERT INTO u (y, x) (SELECT b, k FROM t LIMIT 1) UNION ALL VALUES ('c', 3)

INSERT INTO u (k, y) SELECT k, string_agg(b, '') FROM t GROUP BY k HAVING k < 3

INSERT INTO u AS uu (k) SELECT 1 RETURNING uu.k, uu

WITH i AS (INSERT INTO serials (v) VALUES (10), (20) RETURNING id, v) SELECT * FROM i ORDER BY 1

WITH i AS (INSERT INTO u (k) SELECT k FROM t RETURNING k), d AS (DELETE FROM t USING i WHERE t.k = i.k RETURNING t.k) SELECT count(*) FROM d

WITH i AS (INSERT INTO t (k, a) VALUES (1, 1) ON CONFLICT (k) DO UPDATE SET a = excluded.a + 50 RETURNING *) SELECT k, a FROM i

WITH up AS (UPDATE t SET (a, b) = (SELECT x, y FROM u WHERE u.x = t.k) WHERE k < 3 RETURNING *) INSERT INTO u (k, y, x) SELECT k, b, a FROM up RETURNING *

INSERT INTO t (k, b) VALUES (1, 'x') ON CONFLICT (k) DO UPDATE SET b = t.b || excluded.b || (SELECT max(y) FROM u WHERE u.x <= excluded.k) WHERE t.k = excluded.k RETURNING t.b, xmax IS NULL

INSERT INTO t (k) VALUES (1) ON CONFLICT (k) DO UPDATE SET (a, b, c) = ROW(excluded.k, DEFAULT, 3) RETURNING *

-- error
INSERT INTO arrays (k, mat[1][1], mat[1][2]) VALUES (1, 2, 3) RETURNING mat

INSERT INTO arrays (k, arr[1:2]) VALUES (1, '{5,6}'), (2, '{7,8}') RETURNING arr

INSERT INTO arrays (k, pa[1].x, pa[1].y) VALUES (1, 5, 'five') RETURNING pa

INSERT INTO arrays (k, n.p) VALUES (1, ROW(1, 'x')), (2, NULL) RETURNING n

INSERT INTO zoo (k, m, mn, g) VALUES (1, 'ok', '{sad,ok}', 2), (2, lower('SAD')::mood, ARRAY['ok']::mood[], 3) RETURNING m, mn, g

INSERT INTO zoo (k, ch, vc, bt) VALUES (1, 'ab', 'abcdefgh'::varchar(3), 5::bit(4)), (2, 'cd'::text, 'x', B'1111') RETURNING ch, vc, bt

INSERT INTO dropped (a) VALUES (DEFAULT), (2) RETURNING *

INSERT INTO v_reorder (kk, bb) VALUES (1, 'dup') ON CONFLICT (kk) DO UPDATE SET bb = excluded.bb || v_reorder.bb, aa = excluded.kk RETURNING *

UPDATE t SET a = s.n FROM (SELECT k, count(*) AS n FROM u GROUP BY k) s WHERE s.k = t.k RETURNING t.k, n

UPDATE t SET b = w.b FROM (VALUES (1, 'one'), (2, 'two')) w (k, b) WHERE w.k = t.k RETURNING t.*

UPDATE t SET b = g::text FROM generate_series(1, 2) g WHERE k = g RETURNING b

UPDATE t SET a = x FROM u LEFT JOIN nullable USING (k) WHERE t.k = u.x AND v IS NULL RETURNING t.k, x, v

UPDATE t x SET a = ((x.k, x.a) < (5, 1) OR x.b IS NULL AND EXISTS (SELECT FROM t WHERE t.k = x.a))::int

UPDATE t x SET a = (SELECT count(*) FROM t WHERE t.k < x.k) RETURNING x.k, x.a

UPDATE t SET (a, b) = (SELECT k, max(y) FROM u WHERE u.k = t.a GROUP BY k LIMIT 1), c = DEFAULT WHERE k > 5 RETURNING *

UPDATE t SET (a) = (SELECT 5), (b, c) = (DEFAULT, 1) WHERE k = 1 RETURNING *

UPDATE zoo SET (g, m) = (SELECT 5, 'sad'::mood), vc = 'v' WHERE k = 1 RETURNING g, m, vc

UPDATE zoo SET (vc, ch) = (SELECT 'abc'::text, k::text FROM t WHERE t.k = zoo.k) RETURNING vc, ch

UPDATE arrays SET p.x = (p).x + 1, arr = array_append(arr, k), n = ROW(p, arr) RETURNING p, arr, n

UPDATE v SET (b, a) = (SELECT y, x FROM u WHERE u.x = v.k) WHERE k = 1 RETURNING v.*

UPDATE v_renamed SET one = one + 100 WHERE deux = 2 RETURNING *

DELETE FROM t WHERE (SELECT count(*) FROM u WHERE u.k = t.k) > 2 RETURNING *

DELETE FROM t USING (t t2 JOIN u ON t2.k = u.x) WHERE t.a = t2.a AND t2.k = 1 RETURNING t.k

DELETE FROM t USING LATERAL (SELECT max(x) AS m FROM u) s WHERE t.k = s.m

WITH d AS (DELETE FROM t RETURNING k, b) SELECT count(*), min(b) FROM d

-- not printable: rule
INSERT INTO v_ruled VALUES (1, 5), (2, 6)

-- not printable: rule
UPDATE v_ruled SET x = 1

SELECT * FROM v_deep ORDER BY 1, 2

SELECT v_deep, n FROM v_deep ORDER BY 1, 2

SELECT * FROM v_cte WHERE k < 4 ORDER BY 1

UPDATE v_deep2 SET b = 'deep' WHERE kk = 3 RETURNING *
