-- COPY of distributed tables does what it does on ordinary ones: each case below runs on both, and the outcomes (rows
-- read, what is then in the table, or the error with its line) must be equal.
CREATE SCHEMA copying;
SET search_path = copying;
SET client_min_messages = warning;

CREATE TABLE ordinary (k int, v text, n numeric NOT NULL DEFAULT 5 CHECK (n > 0), d date DEFAULT '2001-02-03',
	twice int GENERATED ALWAYS AS (k * 2) STORED);
CREATE TABLE distributed (LIKE ordinary INCLUDING ALL);
CREATE TABLE reference (LIKE ordinary INCLUDING ALL);
CREATE TABLE ordinary_text (id int, k text, v text, UNIQUE (id, k));
CREATE TABLE distributed_text (id int, k text, v text, UNIQUE (id, k));
SELECT create_distributed_table('distributed', 'k', shard_count => 8);
SELECT create_distributed_table('distributed_text', 'k', shard_count => 8);
SELECT create_reference_table('reference');

-- Copies the output of a shell command into a table, and returns what came of it, with the table's name as "t".
CREATE FUNCTION outcome(target text, columns text, command text, options text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
	context text;
	nrows bigint;
	result text;
BEGIN
	PERFORM setval(pg_get_serial_sequence('copying.' || target, attname), 1) FROM pg_attribute
	WHERE attrelid = ('copying.' || target)::regclass AND attname = 'id';
	EXECUTE format('COPY copying.%s%s FROM PROGRAM %L %s', target, columns, command, options);
	GET DIAGNOSTICS nrows = ROW_COUNT;
	EXECUTE format('SELECT count(*) || '' '' || coalesce(left(md5(string_agg(row, '','' ORDER BY row)), 8), '''')
		FROM (SELECT replace(t::text, now()::text, ''now'') AS row FROM copying.%s t) r', target) INTO result;
	EXECUTE format('DELETE FROM copying.%s', target);
	RETURN format('COPY %s: %s', nrows, result);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT;
	context := (regexp_match(context, '^COPY [^\n]*', 'n'))[1];
	IF options ~ 'WHERE' OR columns !~ '\mk\M' THEN
		-- rows that were computed here are not shown as the lines that they were read from
		context := regexp_replace(context, ', line (\d+): .*', ', line \1');
	END IF;
	RETURN regexp_replace(concat_ws(E'\n  ', SQLSTATE || ' ' || message, nullif(detail, ''), context),
		'(ordinary|distributed|reference)(_text|_rich)?', 't', 'g');
END
$$;

CREATE TABLE cases (id int GENERATED ALWAYS AS IDENTITY, target text DEFAULT '', columns text DEFAULT '',
	options text DEFAULT '', data text);
-- data is what printf makes of it, so that \n is a newline and \\ a backslash; or a shell command after an "!".
CREATE PROCEDURE run_cases() LANGUAGE plpgsql AS $$
DECLARE
	c cases;
	expected text;
	got text;
	command text;
BEGIN
	FOR c IN SELECT * FROM cases ORDER BY id LOOP
		command := CASE WHEN c.data ~ '^!' THEN substr(c.data, 2)
			ELSE format($q$printf %%b '%s'$q$, replace(c.data, $q$'$q$, $q$'\''$q$)) END;
		expected := outcome('ordinary' || c.target, c.columns, command, c.options);
		got := outcome('distributed' || c.target, c.columns, command, c.options);
		IF got = expected THEN
			RAISE NOTICE '% % %: %', c.columns, c.options, left(c.data, 60), got;
		ELSE
			RAISE NOTICE '% % %: differs: % instead of %', c.columns, c.options, left(c.data, 60), got, expected;
		END IF;
		IF c.target = '' THEN
			got := outcome('reference', c.columns, command, c.options);
			IF got <> expected THEN
				RAISE NOTICE 'reference table differs: % instead of %', got, expected;
			END IF;
		END IF;
	END LOOP;
	DELETE FROM cases;
END
$$;
SET client_min_messages = notice;

-- text
INSERT INTO cases (columns, options, data) VALUES
	('', '', '1\ta\t1\t2020-01-01\n2\tb\t2\t2020-01-02\n'),
	('', '', '1\ta\t1\t2020-01-01\n2\tb\t2\t2020-01-02'),
	('', '', ''),
	('', '', '\n'),
	('', '', '\\N\t\\N\t1\t\\N\n\\N\tnull key again\t1\t\\N\n3\t\t1\t\\N\n'),
	('', '', '1\ttab\\ttab newline\\nnewline backslash\\\\ octal\\101 hex\\x41 other\\q\t1\t\\N\n'),
	('', '', '\\061\tescaped key\t1\t\\N\n\\x32\tescaped key\t1\t\\N\n2\tnot escaped\t1\t\\N\n'),
	('', '', '1\tescaped \\\nnewline\t1\t\\N\n2\ta\t2\t\\N\n'),
	('', '', '1\ta\t1\t\\N\n2\tb\t1\t\\N\n\\.\nnot read\n'),
	('', '', '1\ta\t1\t\\N\r\n2\tb\t1\t\\N\r\n3\tb\t1\t\\N\r\n'),
	('', '', '1\ta\t1\t\\N\r2\tb\t1\t\\N\r'),
	('', '', '1\ta\t1\t\\N\n2\tb\t1\t\\N\r\n3\tb\t1\t\\N\n'),
	('(n, v, k)', '', '1\ta\t10\n2\tb\\tc\t20\n3\t\\N\t\\N\n'),
	('(v, k)', '(DELIMITER ''|'', NULL ''nil'')', 'x|1\nnil|nil\n\\|1|2\nnil1|3\n'),
	('(k)', '(HEADER)', 'what is that\n1\n2\n'),
	('(k, n)', '(HEADER MATCH)', 'k\tn\n1\t2\n2\t3\n'),
	('(k, n)', '(HEADER MATCH)', 'n\tk\n1\t2\n2\t3\n'),
	('(k, n)', '(ENCODING ''latin1'')', '1\t2\n'),
	('(k, v)', '(ENCODING ''latin1'')', '1\t\0344\0366\n'),
	('(k, v)', '', '1\tgood\n2\t\0344\0366\n'),
	('(k, v)', '(FORMAT text, DELIMITER ''-'')', '1-\\\\-\n2-\\\\\n'),
	('(k, v)', '', '!seq 1 5000 | awk ''{print $1 "\tvalue " $1}'''),
	('(k, v)', '', '!seq 1 5000 | awk ''{print $1 "\tvalue\\\\\\\\ \\\\N" $1}'''),
	('(v, k)', '', '!awk ''BEGIN {for (i = 0; i < 5; i++) {for (j = 0; j < 100000; j++) printf "%d", j; print "\t" i}}''');
CALL run_cases();

-- CSV
INSERT INTO cases (columns, options, data) VALUES
	('(k, v)', 'CSV', '1,a\n2,"b"\n"3",c\n"4","d"\n'),
	('(k, v)', 'CSV', '1,"quote "" comma , newline\nand more"\n2,"b\r\n"\n3,c\n'),
	('(v, k)', 'CSV', '"quote "" comma , newline\nand more",1\n"b,,,",2\n",c"""",x",3\n'),
	('(v, k)', 'CSV', '"first\r\rrow",1\n"b\n",2\nx,y\n'),
	('(k, v)', 'CSV', ',\n,""\n1,\n2,""\n'),
	('(k, v)', 'CSV NULL ''x''', 'x,x\n1,"x"\n2,\n'),
	('(k, v)', '(FORMAT csv, NULL ''0'', FORCE_NULL (k))', '"0",1\n0,2\n7,3\n'),
	('(k, v)', '(FORMAT csv, NULL ''0'', FORCE_NOT_NULL (k, v))', '0,0\n"0",0\n'),
	('(k, v)', '(FORMAT csv, QUOTE '''''''', ESCAPE ''\'', DELIMITER '';'')', '1;''a\\\\''b;''\n''2'';''c''\n3;x\\\\\n'),
	('(k, v)', '(FORMAT csv, HEADER)', '"a\nheader",b\n1,x\n2,y\n'),
	('(k, v)', 'CSV', '1,a\r\n2,"b\r\nc"\r\n3,d\r\nx,e\r\n'),
	('(k, v)', 'CSV', '1,\\.\n2,b\n\\.\n3,c\n'),
	('(k, v)', 'CSV', '1,a\n2,"b\n3,c\n'),
	('(k, v)', 'CSV', '1,a\n2,"two\nthree\nfour"\nfive,b\n'),
	('(k, n)', 'CSV', '1,1\n"\n2\n",2\n3,three\n'),
	('(v, k)', 'CSV HEADER', '!awk ''BEGIN {print "v,k"; for (i = 0; i < 3000; i++) print "\"a\nb\"," i}'''),
	('(v, k)', 'CSV HEADER', '!awk ''BEGIN {print "v,k"; for (i = 0; i < 3000; i++) print "\"a\nb\"," (i == 2500 ? "x" : i)}''');
CALL run_cases();

-- bad rows
INSERT INTO cases (columns, data) VALUES
	('(k, v, n)', 'x\ta\t1\n2\tb\t2\n'),
	('(k, v, n)', '1\ta\t1\n2\tb\t2\n99999999999\tc\t3\n'),
	('(k, v, n)', '1\ta\t1\n2\tb\t2\n3\tc\t3x\n4\td\t4\n'),
	('(k, v, n)', '1\ta\t1\n2\tb\n3\tc\t3\n4\td\t4\n'),
	('(v, n, k)', 'a\t1\t1\nb\t2\n3\tc\t3\n4\td\t4\n'),
	('(k, v, n)', '1\ta\t1\n2\tb\t2\t3\n3\tc\t3\n4\td\t4\n'),
	('(k, v, n)', '1\ta\t1\n\n'),
	('(k, v, n)', '1\ta\t1\n2\tb\t-2\n3\tc\t3\n'),
	('(k, v, n)', '1\ta\t1\n2\tb\t\\N\n3\tc\t3\n'),
	('(k, v, n, d)', '1\ta\t1\t2020-02-30\n'),
	('(k, d)', '!seq 1 20000 | awk ''{print $1 "\t2020-01-" ($1 == 17777 ? 32 : 10)}'''),
	('(k, n)', '!seq 1 20000 | awk ''{print $1 "\t" ($1 == 20000 ? -1 : 10)}'''),
	('(d, k)', '!seq 1 20000 | awk ''{print "2020-01-01\t" ($1 == 10001 ? "1.5" : $1)}'''),
	('(k, v)', '!seq 1 3000 | sed ''s/$/\tvalue/; 2345s/$/\\./'''),
	-- endless input: the error is noticed long before its end
	('(k, n)', '!printf ''1\tx\n''; seq 6 999999999 | sed ''s/$/\t1/'''),
	('(k, n)', '!printf ''2\tx\n''; seq 6 999999999 | sed ''s/$/\t1/'''),
	('(k, n)', '!printf ''3\tx\n''; seq 6 999999999 | sed ''s/$/\t1/'''),
	('(k, n)', '!printf ''4\tx\n''; seq 6 999999999 | sed ''s/$/\t1/'''),
	('(nowhere, k)', '1\t2\n'),
	('(k, k)', '1\t2\n'),
	('(k, twice)', '1\t2\n');
INSERT INTO cases (target, columns, data) VALUES
	('_text', '', '1\ta\tx\n2\tb\tx\n1\ta\ty\n3\tc\tx\n'),
	('_text', '', '!seq 1 9999 | awk ''{print ($1 == 7000 ? 4567 : $1) "\tkey\t"}''');
CALL run_cases();

-- text keys
INSERT INTO cases (target, columns, options, data) VALUES
	('_text', '', '', '1\ta\\tb\tx\n2\t\\141\tx\n3\ta\tx\n4\t\tx\n5\t\\N\tx\n'),
	('_text', '', 'CSV', '1,"a ""b"" c",x\n2,a" b "c,x\n3,"a,b",x\n4,"",x\n5,,x\n6,"a\nb",x\n'),
	('_text', '(v, k)', 'CSV', '!awk ''BEGIN {for (i = 0; i < 3000; i++) print "\"v\"\"" i "\",\"k\n" i "\""}'''),
	('_text', '(k, id)', '(FORMAT csv, FORCE_NULL (k), FORCE_NOT_NULL (k))', '"",1\n,2\n');
CALL run_cases();

-- what is computed here: WHERE, defaults that are not constants, a missing key
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE ordinary_rich (id serial, k text DEFAULT 'the key', price float8, at timestamptz DEFAULT now(), moods mood[],
	CHECK (price < 100));
CREATE TABLE distributed_rich (LIKE ordinary_rich INCLUDING ALL);
CREATE SEQUENCE distributed_rich_id_seq OWNED BY distributed_rich.id;
ALTER TABLE distributed_rich ALTER id SET DEFAULT nextval('distributed_rich_id_seq');
SELECT create_distributed_table('distributed_rich', 'k', shard_count => 8);
INSERT INTO cases (target, columns, options, data) VALUES
	('_rich', '(k, price)', '', 'a\\tb\t1\nb\\\\c\t2\n'),
	('_rich', '(price, moods)', '', '1\t{sad,happy}\n2\t{}\n3\t\\N\n'),
	('_rich', '(k, price)', '', 'a\t1\nb\t0.1\n\\N\tnot a number\n'),
	('_rich', '(k, moods)', '', 'a\t{sad}\nb\t{happy}\nc\t{glad}\n'),
	('_rich', '(k, price, at)', '', 'a\t1\t2020-01-01\nb\t0.1\t2020-01-01\nc\t100\t2020-01-01\n'),
	('_rich', '(k, price)', '', '!seq 1 5000 | awk ''{print ($1 % 2 ? "sad" : "happy") "\t" $1 / 10000}'''),
	('_rich', '(k, price, at)', 'WHERE price > 2', 'a\t1\t2020-01-01\nb\t2\t2020-01-01\na\t3\t2020-01-01\n'),
	('_rich', '(k, price, at)', 'WHERE price > 20', 'a\t1\t2020-01-01\nb\t300\t2020-01-01\na\t3\t2020-01-01\n'),
	('_text', '(id, v)', '', '1\ta\n2\tb\n');
INSERT INTO cases (columns, options, data) VALUES
	('(v, n)', '', 'x\t1\ny\t-1\n'),
	('(k, v)', 'WHERE k % 2 = 0', '!seq 1 5000 | awk ''{print $1 "\tvalue " $1}'''),
	('(k, n)', 'CSV WHERE k % 2 = 0', '1,1\n"2",-1\n'),
	('(k, n)', 'WHERE twice > 0', '1\t1\n');
CALL run_cases();

\set SHOW_CONTEXT never

-- binary, and what COPY TO writes
INSERT INTO ordinary SELECT g, 'value ' || g, g, '2020-01-01'::date + g FROM generate_series(1, 1000) g;
INSERT INTO ordinary VALUES (NULL, NULL, 1, NULL), (-1, E'tab\t newline\n quote" backslash\\ comma,', 1, 'infinity');
COPY ordinary TO PROGRAM 'cat > copying.bin' (FORMAT binary);
COPY distributed FROM PROGRAM 'cat copying.bin' (FORMAT binary);
COPY reference FROM PROGRAM 'cat copying.bin' (FORMAT binary);
SELECT count(*) FROM (TABLE ordinary EXCEPT ALL TABLE distributed) d;
SELECT count(*) FROM (TABLE ordinary EXCEPT ALL TABLE reference) d;
COPY distributed FROM PROGRAM 'head -c 10000 copying.bin' (FORMAT binary);
COPY distributed FROM PROGRAM 'tail -c 10000 copying.bin' (FORMAT binary);
COPY distributed (k, v) FROM PROGRAM 'cat copying.bin' (FORMAT binary);
COPY ordinary TO PROGRAM 'sort > copying.text';
COPY distributed TO PROGRAM 'sort | diff - copying.text';
COPY reference TO PROGRAM 'sort | diff - copying.text';
COPY ordinary (v, k) TO PROGRAM 'sort > copying.text' (FORMAT csv, HEADER, FORCE_QUOTE *);
COPY distributed (v, k) TO PROGRAM 'sort | diff - copying.text' (FORMAT csv, HEADER, FORCE_QUOTE *);
COPY distributed (k, twice) TO STDOUT;
COPY (SELECT k, twice FROM distributed WHERE k < 3 ORDER BY k) TO STDOUT;
DELETE FROM distributed;
COPY distributed FROM PROGRAM 'cat copying.bin' (FORMAT binary) WHERE k < 10;
SELECT count(*), sum(k) FROM distributed;
COPY (SELECT k FROM distributed ORDER BY k) TO STDOUT WITH (FORMAT csv, HEADER, NULL 'none');
COPY ordinary TO PROGRAM 'cat > /dev/null; rm copying.bin copying.text';

-- from the client, in a transaction, with what it wrote seen, and rolled back
BEGIN;
DELETE FROM distributed;
COPY distributed (k, v) FROM STDIN;
1	one
2	two
3	three
\.
SELECT k, v, twice FROM distributed ORDER BY k;
SAVEPOINT before_error;
COPY distributed (k, v) FROM STDIN;
4	four
5	five
six	six
\.
ROLLBACK TO before_error;
COPY distributed (k, v) FROM STDIN (FORMAT csv);
6,"six
and more"
\.
SELECT k, v, twice FROM distributed ORDER BY k;
ROLLBACK;
SELECT count(*) FROM distributed;

-- from a worker
\getenv coordinator DISTSHARD_NODE1
\getenv worker DISTSHARD_NODE3
\c :worker
SET search_path = copying;
COPY distributed (k, v) FROM STDIN;
11	one
12	two
13	three
x	bad
\.
COPY distributed (k, v) FROM STDIN;
11	one
12	two
13	three
\.
COPY reference (k, n) FROM STDIN;
11	1
12	0
13	1
\.
COPY (SELECT k, v FROM distributed WHERE k > 10 ORDER BY k) TO STDOUT;
\c :coordinator
SET search_path = copying;
SELECT k, v FROM distributed WHERE k > 10 ORDER BY k;

-- triggers: BEFORE triggers may change the key, look into tables and drop rows
DELETE FROM distributed;
DELETE FROM ordinary;
CREATE TABLE seen (what text, n bigint);
CREATE FUNCTION before_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.k % 5 = 0 THEN
		RETURN NULL;
	END IF;
	NEW.k := NEW.k + 1000 + (SELECT count(*) FROM copying.reference);
	RETURN NEW;
END
$$;
CREATE FUNCTION after_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO copying.seen SELECT TG_WHEN || ' ' || TG_TABLE_NAME, count(*) + sum(twice) FROM new_rows;
	RETURN NULL;
END
$$;
CREATE FUNCTION before_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO copying.seen VALUES (TG_WHEN || ' ' || TG_TABLE_NAME);
	RETURN NULL;
END
$$;
CREATE TRIGGER r BEFORE INSERT ON ordinary FOR EACH ROW EXECUTE FUNCTION before_row();
CREATE TRIGGER r BEFORE INSERT ON distributed FOR EACH ROW EXECUTE FUNCTION before_row();
CREATE TRIGGER s BEFORE INSERT ON ordinary EXECUTE FUNCTION before_statement();
CREATE TRIGGER s BEFORE INSERT ON distributed EXECUTE FUNCTION before_statement();
CREATE TRIGGER a AFTER INSERT ON ordinary REFERENCING NEW TABLE AS new_rows EXECUTE FUNCTION after_statement();
CREATE TRIGGER a AFTER INSERT ON distributed REFERENCING NEW TABLE AS new_rows EXECUTE FUNCTION after_statement();
COPY ordinary (k, v) FROM PROGRAM 'seq 1 100 | awk ''{print $1 "\tvalue " $1}''';
COPY distributed (k, v) FROM PROGRAM 'seq 1 100 | awk ''{print $1 "\tvalue " $1}''';
SELECT count(*), sum(k) FROM distributed;
SELECT count(*) FROM (TABLE ordinary EXCEPT ALL TABLE distributed) d;
SELECT * FROM seen ORDER BY 1, 2;
COPY distributed (k, n) FROM STDIN;
1	1
2	2
3	-3
\.

-- all of the input is one statement: a foreign key within it is checked at its end
CREATE TABLE tree (k int, id int, parent int, PRIMARY KEY (k, id), FOREIGN KEY (k, parent) REFERENCES tree);
SELECT create_distributed_table('tree', 'k', shard_count => 8);
COPY tree FROM PROGRAM 'seq 1 3000 | sed ''s/$/ 1 2/''; seq 1 3000 | sed ''s/$/ 2 \\N/''' (DELIMITER ' ');
COPY tree FROM PROGRAM 'seq 3001 3100 | sed ''s/$/ 1 \\N/''; echo 3001 2 3' (DELIMITER ' ');
SELECT count(*), count(parent) FROM tree;

-- AFTER triggers fire where the row is, functions in defaults may look into distributed tables
CREATE FUNCTION nodes_of_tree() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM copying.tree); END';
CREATE TABLE leaf (k int, n int DEFAULT nodes_of_tree());
CREATE FUNCTION after_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.k = 77 THEN
		RAISE NOTICE 'got row % of %', NEW, TG_TABLE_NAME;
	ELSIF NEW.k = 1077 THEN
		RAISE EXCEPTION 'no row % in %', NEW, TG_TABLE_NAME;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER a AFTER INSERT ON leaf FOR EACH ROW EXECUTE FUNCTION after_row();
SELECT create_distributed_table('leaf', 'k', shard_count => 8);
COPY leaf (k) FROM PROGRAM 'seq 1 100';
COPY leaf (k) FROM PROGRAM 'seq 1001 1100';
SELECT n, count(*) FROM leaf GROUP BY n;

-- settings that say how values are read, and rows of a cursor that are still on their way
CREATE TABLE settings (k int, d date, t timestamptz, b bytea);
SELECT create_distributed_table('settings', 'k', shard_count => 8);
BEGIN;
DECLARE c CURSOR FOR SELECT k, n FROM leaf ORDER BY k;
FETCH 1 FROM c;
SET LOCAL datestyle = 'sql, dmy';
SET LOCAL timezone = 'America/New_York';
COPY settings FROM PROGRAM 'for k in 1 2 3 4 5 6 7 8; do echo "$k,03/02/2020,03/02/2020 10:00,\x6162"; done' CSV;
COPY settings FROM PROGRAM 'for k in 1 2 3 4 5 6 7 8; do echo "$k,03/02/2020,03/02/2020 10:00,\x6162"; done' CSV WHERE k > 4;
FETCH 1 FROM c;
COMMIT;
SELECT d, t AT TIME ZONE 'UTC' AS t, encode(b, 'escape') AS b, count(*) FROM settings GROUP BY 1, 2, 3;

-- one shard for the whole table
CREATE TABLE whole (k int, v text);
SELECT create_distributed_table('whole', NULL);
COPY whole FROM PROGRAM 'seq 1 1000 | sed ''s/$/,x/''' CSV;
COPY whole (v) FROM PROGRAM 'seq 1 1000';
SELECT count(*), count(k) FROM whole;

-- what is not allowed
DROP TRIGGER r ON distributed;
DROP TRIGGER s ON distributed;
DROP TRIGGER a ON distributed;
COPY distributed FROM '/dev/null' (FREEZE);
BEGIN READ ONLY;
COPY distributed FROM '/dev/null';
ROLLBACK;
CREATE ROLE copying_user;
GRANT USAGE ON SCHEMA copying TO copying_user;
GRANT INSERT (k, v), SELECT (k) ON distributed TO copying_user;
CREATE FUNCTION as_owner() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	COPY copying.distributed (k, n) FROM PROGRAM 'for k in 301 302 303 304; do echo $k,7; done' CSV;
END
$$;
SET ROLE copying_user;
SELECT as_owner();
\copy distributed (k, n) FROM '/dev/null'
COPY distributed (k, v) FROM STDIN;
201	allowed
\.
COPY distributed TO STDOUT;
COPY distributed (k) FROM PROGRAM 'echo 1';
COPY distributed (k) FROM '/dev/null';
RESET ROLE;
SELECT k, v FROM distributed WHERE v = 'allowed' OR n = 7 ORDER BY k;
ALTER TABLE distributed ENABLE ROW LEVEL SECURITY;
CREATE POLICY low ON distributed USING (k < 1050) WITH CHECK (true);
SET ROLE copying_user;
\copy distributed (k, v) FROM '/dev/null'
RESET ROLE;

\set ECHO errors
SET client_min_messages = warning;
DROP SCHEMA copying CASCADE;
DROP ROLE copying_user;
