BEFORE INSERT triggers that see the rows which the statement has inserted before.

--- everywhere
CREATE FUNCTION count_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	EXECUTE format('SELECT count(*) * 100 + coalesce(sum(v), 0) FROM %I', TG_TABLE_NAME) INTO NEW.total;
	IF NEW.total > 1000 THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE FUNCTION next_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	NEW.k := (SELECT coalesce(max(k), 0) + 1 FROM numbered); RETURN NEW; END $$;

--- tables
CREATE TABLE counted (k int, id int, v int DEFAULT 1, total int, PRIMARY KEY (k, id));
CREATE TABLE copied (id int PRIMARY KEY, v int DEFAULT 1, total int);
CREATE TABLE numbered (k int PRIMARY KEY, what text);
CREATE TABLE tree (k int, id int, up int, v int DEFAULT 1, total int, PRIMARY KEY (k, id), FOREIGN KEY (k, up) REFERENCES tree);

--- distribute
SELECT create_distributed_table('counted', 'k');
SELECT create_reference_table('copied');
SELECT create_distributed_table('numbered', 'k');
SELECT create_distributed_table('tree', 'k');

--- data
INSERT INTO counted SELECT i % 3, 100 + i, i FROM generate_series(1, 3) i;

--- after
CREATE TRIGGER counts BEFORE INSERT ON counted FOR EACH ROW EXECUTE FUNCTION count_all();
CREATE TRIGGER counts BEFORE INSERT ON copied FOR EACH ROW EXECUTE FUNCTION count_all();
CREATE TRIGGER numbers BEFORE INSERT ON numbered FOR EACH ROW EXECUTE FUNCTION next_key();
CREATE TRIGGER counts BEFORE INSERT ON tree FOR EACH ROW EXECUTE FUNCTION count_all();

--- statements
INSERT INTO counted VALUES (1, 1), (2, 1), (3, ${1|2:int}) RETURNING *;

INSERT INTO counted SELECT i, 1 FROM generate_series(1, 20) i;
SELECT * FROM counted;

INSERT INTO counted SELECT i % 4, i % 3 FROM generate_series(1, 20) i ON CONFLICT (k, id) DO NOTHING;
SELECT * FROM counted;

INSERT INTO counted SELECT i % 4, i / 4, 1 FROM generate_series(1, 8) i ON CONFLICT (k, id) DO UPDATE SET v = counted.v + excluded.total RETURNING *;

WITH i AS (INSERT INTO counted VALUES (1, 1), (2, 1) RETURNING *), j AS (INSERT INTO copied SELECT k + 10 FROM i RETURNING *) SELECT * FROM i, j WHERE j.id = i.k + 10;

COPY counted (k, id) FROM STDIN;
5	1
6	1
7	1
7	2
\.
SELECT * FROM counted;

COPY counted (k, id) FROM STDIN;
5	1
6	1
5	1
\.

INSERT INTO copied SELECT i FROM generate_series(1, 20) i RETURNING *;

COPY copied (id, v) FROM STDIN WHERE id < 4;
5	1
1	1
2	1
\.
SELECT * FROM copied;

INSERT INTO numbered (what) SELECT 'thing ' || i FROM generate_series(1, 12) i;
SELECT * FROM numbered;
INSERT INTO numbered (what) VALUES ('one'), ('more') RETURNING *;

INSERT INTO tree (k, id, up) SELECT i, j, nullif(j, 1) - 1 FROM generate_series(1, 3) i, generate_series(1, 2) j RETURNING k, id, up;
