Keys whose equality, nullness or hash is not what it seems: rows of nulls, collations that hold different strings equal,
values that differ in print but not in equality, comparisons with another type.

--- variants
coordinator
prepared
broadcast
rehash
single

--- everywhere
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN some_pair AS pair;
CREATE DOMAIN plain_text AS text;
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE FUNCTION is_no_pair(pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 IS NULL';

--- tables
CREATE TABLE rows (k pair, n int);
CREATE TABLE domains (k some_pair, n int);
CREATE TABLE nocases (k text COLLATE nocase, n int, PRIMARY KEY (k, n));
CREATE TABLE texts (k text, n int);
CREATE TABLE chars (k char(4), n int);
CREATE TABLE names (k name, n int);
CREATE TABLE ints (k int, n int);
CREATE TABLE bigs (k bigint, n int);
CREATE TABLE floats (k float8, n int);
CREATE TABLE reals (k real, n int);
CREATE TABLE numbers (k numeric, n int);
CREATE TABLE dates (k date, n int);
CREATE TABLE stamps (k timestamptz, n int);
CREATE TABLE ranges (k numrange, n int);

--- distribute
SELECT create_distributed_table(t, 'k') FROM unnest('{rows,domains,nocases,texts,chars,names,ints,bigs,floats,reals,numbers,dates,stamps,ranges}'::regclass[]) t;

--- data
INSERT INTO rows VALUES (NULL, 1), (ROW(NULL, NULL), 2), (ROW(1, NULL), 3), (ROW(1, 'a'), 4), (ROW(NULL, 'a'), 5), (ROW(NULL, NULL), 6), (ROW(2, 'b'), 7);
INSERT INTO domains SELECT * FROM rows;
INSERT INTO nocases VALUES ('abc', 1), ('ABC', 2), ('Abc', 3), ('abd', 4), ('', 5), ('x', 6), ('X', 7), ('straße', 8), ('STRASSE', 9), ('é', 10);
INSERT INTO texts SELECT k, n FROM nocases;
INSERT INTO texts VALUES (NULL, 11), ('ab', 12), ('ab  ', 13);
INSERT INTO chars VALUES ('ab', 1), ('ab  ', 2), ('', 3), (NULL, 4), ('abc', 5), (' ab', 6);
INSERT INTO names VALUES ('abc', 1), ('ABC', 2), ('ab', 3), ('', 4), (NULL, 5);
INSERT INTO ints SELECT nullif(i, 5), i FROM generate_series(-3, 12) i;
INSERT INTO bigs SELECT k, n FROM ints;
INSERT INTO bigs VALUES (5000000000, 100), (-5000000000, 101);
INSERT INTO floats VALUES (0, 1), ('-0', 2), ('NaN', 3), ('NaN', 4), ('Infinity', 5), ('-Infinity', 6), (0.1, 7), (0.1::real, 8), (NULL, 9), (1, 10);
INSERT INTO reals VALUES (0, 1), ('-0', 2), ('NaN', 3), ('NaN', 4), ('Infinity', 5), (0.1, 7), (0.5, 8), (NULL, 9), (1, 10);
INSERT INTO numbers VALUES (1, 1), (1.0, 2), (1.00, 3), ('NaN', 4), ('Infinity', 5), (0, 6), (0.000, 7), (-0.0, 8), (1e20, 9), (100000000000000000000.000, 10);
INSERT INTO dates VALUES ('2024-01-01', 1), ('2024-01-02', 2), ('infinity', 3), ('-infinity', 4), (NULL, 5);
INSERT INTO stamps VALUES ('2024-01-01', 1), ('2024-01-02 12:00', 2), ('infinity', 3), ('-infinity', 4), (NULL, 5);
INSERT INTO ranges VALUES ('[1,2]', 1), ('[1.0,2.00]', 2), ('empty', 3), ('(1,1)', 4), (NULL, 5), ('(,)', 6), ('[,]', 7), ('[1,2)', 8);

--- after
CREATE VIEW without_pair AS SELECT n, k FROM rows WHERE k IS NULL;
CREATE VIEW with_pair AS SELECT n, k FROM domains WHERE k IS NOT NULL;


--- statements
SELECT * FROM rows WHERE k IS NULL;

SELECT * FROM domains WHERE k IS NULL;

SELECT * FROM rows WHERE k IS NOT NULL;

SELECT * FROM domains WHERE k IS NOT NULL;

SELECT * FROM rows WHERE NOT (k IS NULL);

SELECT * FROM rows WHERE NOT (k IS NOT NULL);

SELECT * FROM rows WHERE is_no_pair(k);

SELECT * FROM rows WHERE k IS NOT DISTINCT FROM NULL;

SELECT * FROM rows WHERE k IS DISTINCT FROM NULL;

SELECT * FROM rows WHERE k IS NOT DISTINCT FROM ROW(NULL, NULL)::pair;

SELECT * FROM rows WHERE k = ROW(NULL, NULL)::pair;

SELECT * FROM rows WHERE k = ${(1,a)|(1,)|(,)|NULL:pair};

SELECT * FROM domains WHERE k = ${(1,a)|(1,)|(,)|NULL:pair};

SELECT * FROM rows WHERE k IS NULL OR n = ${4:int};

SELECT * FROM rows WHERE k IS NULL AND n = ${2|1|4:int};

SELECT * FROM rows WHERE (k).a IS NULL;

SELECT * FROM rows WHERE (k).a = 1 AND k IS NOT NULL;

SELECT * FROM rows WHERE k IN (ROW(1, 'a')::pair, ROW(NULL, NULL)::pair);

SELECT * FROM rows WHERE k = ANY ('{NULL,"(1,a)","(,)"}'::pair[]);

SELECT * FROM rows WHERE k = ANY (${"{NULL,\"(,)\"}"|{NULL}|{}:pair[]});

SELECT a.n, b.n FROM rows a JOIN domains b ON a.k = b.k;

SELECT a.n, b.n FROM rows a JOIN domains b ON a.k = b.k WHERE a.k IS NULL;

SELECT a.n, b.n FROM rows a LEFT JOIN domains b ON a.k = b.k AND b.k IS NULL;

SELECT a.n, b.n FROM rows a LEFT JOIN domains b ON a.k = b.k WHERE b.k IS NULL;

SELECT a.n, b.n FROM rows a FULL JOIN domains b ON a.k = b.k AND b.n < 4;

SELECT a.n FROM rows a WHERE NOT EXISTS (SELECT FROM domains b WHERE b.k = a.k);

SELECT a.n FROM rows a WHERE k NOT IN (SELECT k FROM domains b WHERE k IS NOT NULL);

SELECT a.n FROM rows a WHERE k NOT IN (SELECT k FROM domains b);

SELECT * FROM without_pair;

SELECT * FROM with_pair;

SELECT count(*), k FROM rows GROUP BY k;

SELECT DISTINCT k FROM rows;

SELECT k FROM rows UNION SELECT k FROM domains;

SELECT k FROM rows INTERSECT ALL SELECT k FROM domains WHERE n <> 6;

UPDATE rows SET n = n + 10 WHERE k IS NULL RETURNING n;

UPDATE rows SET n = n + 10 WHERE k IS NOT NULL RETURNING n;

DELETE FROM rows WHERE k IS NULL;

DELETE FROM domains USING rows WHERE rows.k IS NULL AND domains.n = rows.n RETURNING domains.n;

UPDATE without_pair SET n = -n;

DELETE FROM with_pair;

INSERT INTO rows SELECT * FROM domains WHERE k IS NULL RETURNING *;

SELECT * FROM nocases WHERE k = ${abc|ABC|x|STRASSE|É|none:text};

SELECT * FROM nocases WHERE k = 'abc' COLLATE "C";

SELECT * FROM nocases WHERE k = ('ABC'::name COLLATE nocase);

SELECT * FROM nocases WHERE k = ('ABC'::varchar COLLATE nocase);

SELECT * FROM nocases WHERE k = ('ABC'::bpchar COLLATE nocase);

SELECT * FROM nocases WHERE k = 'ABC'::plain_text;

SELECT * FROM nocases WHERE k IN ('ABC', 'X');

SELECT * FROM nocases WHERE k = ANY (${{ABC,NULL}|{}|{none}:text[]});

SELECT * FROM nocases WHERE k IN ('ABC' COLLATE "C", 'X');

SELECT lower(k), count(*) FROM nocases GROUP BY lower(k);

SELECT max(lower(k)), count(*) FROM nocases GROUP BY k;

SELECT k COLLATE "C" AS c, count(*) FROM nocases GROUP BY k COLLATE "C";

SELECT count(DISTINCT k), count(DISTINCT k COLLATE "C") FROM nocases;

SELECT a.n, b.n FROM nocases a JOIN nocases b ON a.k = b.k;

SELECT a.n, b.n FROM nocases a JOIN nocases b ON a.k = b.k COLLATE "C";

SELECT a.n, b.n FROM nocases a JOIN texts b ON a.k = b.k COLLATE nocase;

SELECT a.n, b.n FROM texts a JOIN texts b ON a.k = b.k COLLATE nocase;

SELECT a.n, b.n FROM texts a JOIN texts b ON a.k COLLATE nocase = b.k;

SELECT a.n, b.n FROM nocases a JOIN texts b ON a.k COLLATE "C" = b.k WHERE a.k = 'abc';

SELECT * FROM texts WHERE k = 'ABC' COLLATE nocase;

SELECT * FROM texts WHERE k COLLATE nocase IN ('ABC', 'X');

SELECT k COLLATE nocase = 'abc', count(*) FROM texts GROUP BY 1;

SELECT count(*) FROM (SELECT DISTINCT k COLLATE nocase FROM texts) s;

SELECT count(*), rank FROM (SELECT rank() OVER (PARTITION BY k COLLATE nocase ORDER BY n) FROM texts) s GROUP BY rank;

SELECT count(*), rank FROM (SELECT rank() OVER (PARTITION BY k ORDER BY n) FROM nocases) s GROUP BY rank;

SELECT a.n FROM nocases a WHERE EXISTS (SELECT FROM texts b WHERE a.k = b.k COLLATE nocase AND a.n <> b.n);

SELECT n FROM nocases WHERE k = (SELECT k FROM texts WHERE n = 2) COLLATE nocase;

UPDATE nocases SET n = n + 100 WHERE k = ${aBc|Strasse:text} RETURNING *;

UPDATE nocases SET k = upper(k), n = n + 100 WHERE k = 'ABC' RETURNING *;

DELETE FROM nocases WHERE k = ${aBc|Strasse:text} RETURNING *;

INSERT INTO nocases VALUES ('ABC', 1) ON CONFLICT (k, n) DO UPDATE SET n = 200 RETURNING *;

INSERT INTO nocases VALUES ('aBC', 1);

SELECT count(*) FROM (SELECT k FROM nocases UNION SELECT k FROM nocases) s;

SELECT count(*) FROM (SELECT k FROM nocases EXCEPT SELECT upper(k) FROM nocases) s;

SELECT * FROM texts WHERE k = ${ab|abc|NULL:name};

SELECT * FROM texts WHERE k = ${ab|abc:bpchar};

SELECT * FROM texts WHERE k = ${ab|abc:varchar};

SELECT * FROM texts WHERE k LIKE 'ab%';

SELECT * FROM texts WHERE k::char(2) = 'ab';

SELECT * FROM names WHERE k = ${ab|abc|NULL:text};

SELECT * FROM names WHERE k = ${ab |abc:char(4)};

SELECT * FROM names WHERE k IN ('ab', 'ABC', NULL);

SELECT t.n, s.n FROM names t JOIN texts s ON t.k = s.k;

SELECT * FROM names WHERE k COLLATE nocase = 'abc';

SELECT * FROM chars WHERE k = ${ab|ab  ||abc:bpchar};

SELECT * FROM chars WHERE k = ${ab|ab  ||abc:text};

SELECT * FROM chars WHERE k = ${ab|ab   |:varchar};

SELECT * FROM chars WHERE k = 'ab'::name;

SELECT k, count(*) FROM chars GROUP BY k;

SELECT c.n, t.n FROM chars c JOIN texts t ON c.k = t.k;

SELECT c.n, t.n FROM chars c JOIN chars t ON c.k::text = t.k::text;

SELECT * FROM ints WHERE k = ${3|-2|5000000000|NULL:bigint};

SELECT * FROM ints WHERE k = ${3|-2|NULL:smallint};

SELECT * FROM ints WHERE k = ${3|3.0|3.5|NULL:numeric};

SELECT * FROM ints WHERE k = ${3|3.5|NaN:float8};

SELECT * FROM ints WHERE k = ANY (${{3,NULL,5000000000}|{}|{NULL}:bigint[]});

SELECT * FROM ints WHERE k IN (1, 2, NULL, 5000000000);

SELECT * FROM ints WHERE k = ALL (${{3,3}|{}|{NULL}|{3,4}:int[]});

SELECT * FROM ints WHERE k <> ALL (${{3,4}|{}|{NULL}:int[]});

SELECT * FROM ints WHERE k IS NOT DISTINCT FROM ${3|NULL:int};

SELECT * FROM ints WHERE k IS NOT DISTINCT FROM ${3|NULL:bigint};

SELECT * FROM ints WHERE (k = 3) IS NOT TRUE;

SELECT * FROM ints WHERE (k = 3) IS UNKNOWN;

SELECT * FROM ints WHERE coalesce(k, 5) = 5;

SELECT * FROM ints WHERE (k, n) = (3, 3);

SELECT * FROM ints WHERE (k, n) IN ((3, 3), (NULL, 5), (4, NULL));

SELECT * FROM ints WHERE k = '3' OR k IS NULL;

SELECT * FROM ints WHERE k = 3 AND k = ${3|4:bigint};

SELECT * FROM ints WHERE k::bigint = 3;

SELECT * FROM ints WHERE k::oid = 3;

SELECT i.n, b.n FROM ints i JOIN bigs b ON i.k = b.k;

SELECT i.n, b.n FROM ints i JOIN bigs b ON i.k = b.k WHERE b.k = ${3:smallint};

SELECT i.n, b.n FROM ints i FULL JOIN bigs b USING (k);

SELECT i.n FROM ints i WHERE k IN (SELECT k FROM bigs);

SELECT * FROM bigs WHERE k = ${3|5000000000|NULL:bigint};

SELECT * FROM bigs WHERE k = 3;

SELECT * FROM bigs WHERE k = ${3|NULL:smallint};

SELECT k FROM ints UNION SELECT k FROM bigs;

SELECT k FROM bigs INTERSECT SELECT k FROM ints;

DELETE FROM bigs USING ints WHERE ints.k = bigs.k RETURNING bigs.n;

SELECT * FROM floats WHERE k = ${0|-0|NaN|0.1|Infinity:float8};

SELECT * FROM floats WHERE k = ${0|-0|NaN|0.1|Infinity:real};

SELECT * FROM floats WHERE k = ${0|1|2:int};

SELECT * FROM floats WHERE k = ${0|0.1|NaN:numeric};

SELECT * FROM reals WHERE k = ${0|-0|NaN|0.1|0.5|Infinity:float8};

SELECT * FROM reals WHERE k = ${-0|NaN|0.1:real};

SELECT * FROM reals WHERE k IN ('NaN', 0.5, 0.1);

SELECT f.n, r.n FROM floats f JOIN reals r ON f.k = r.k;

SELECT f.n, r.n FROM floats f LEFT JOIN floats r ON f.k = r.k;

SELECT k = 0, count(*) FROM floats GROUP BY k;

SELECT count(DISTINCT k) FROM floats;

SELECT * FROM numbers WHERE k = ${1|1.000|NaN|-0.00|1e20|Infinity:numeric};

SELECT * FROM numbers WHERE k = ${1|0:int};

SELECT * FROM numbers WHERE k = ${1|NaN|1e20:float8};

SELECT round(k), count(*) FROM numbers GROUP BY k;

SELECT a.n, b.n FROM numbers a JOIN numbers b ON a.k = b.k;

SELECT a.n, b.n FROM numbers a JOIN ints b ON a.k = b.k;

SELECT * FROM dates WHERE k = ${2024-01-01|2024-01-01 12:00|infinity:timestamp};

SELECT * FROM dates WHERE k = ${2024-01-01|infinity|NULL:date};

SELECT * FROM dates WHERE k = ${2024-01-01 00:00+00|infinity:timestamptz};

SELECT d.n, s.n FROM dates d JOIN stamps s ON d.k = s.k;

SELECT * FROM stamps WHERE k = ${2024-01-01|infinity|NULL:date};

SELECT * FROM stamps WHERE k = ${2024-01-01|2024-01-02 12:00:timestamp};

SET TimeZone = 'Asia/Tokyo';
SELECT * FROM stamps WHERE k = ${2024-01-01|2024-01-01 09:00|infinity:timestamp};
SELECT * FROM stamps WHERE k = '2024-01-01 09:00';
SELECT * FROM dates WHERE k = timestamptz '2024-01-01';

SELECT * FROM ranges WHERE k = ${[1,2]|[1.000,2]|empty|(3,3)|(,)|NULL:numrange};

SELECT lower(k)::int, count(*) FROM ranges GROUP BY k;

SELECT a.n, b.n FROM ranges a JOIN ranges b ON a.k = b.k;

DELETE FROM ranges WHERE k = ${empty|[1,2.0]:numrange} RETURNING n;
