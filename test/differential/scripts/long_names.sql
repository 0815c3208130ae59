Errors about tables, keys and constraints whose names have no room for more, and names and values that look like names of shards.

--- tables
CREATE TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre (k int PRIMARY KEY, v int NOT NULL,
	CONSTRAINT a_check_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre CHECK (v > 0));
CREATE TABLE u (k int, v int, n int,
	CONSTRAINT a_key_with_a_name_that_is_as_long_as_a_name_can_be_in_postgresq UNIQUE (k, v),
	CONSTRAINT a_deferred_key_that_is_as_long_as_a_name_can_be_in_postgresql_1 UNIQUE (k, n) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT a_reference_that_is_as_long_as_a_name_can_be_in_postgresql_1234 FOREIGN KEY (k) REFERENCES a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre);
CREATE UNIQUE INDEX an_index_with_a_name_that_is_as_long_as_a_name_can_be_in_postgr ON u (k, (v + 1));
CREATE TABLE "ä_täblë_wïth_ä_nämë_thät_ïs_äs_löng_ä1" (k int, v int CHECK (v > 0), CONSTRAINT "ä_këy_wïth_ä_nämë_thät_ïs_äs_löng_äs_1" UNIQUE (k));
CREATE TABLE parts (k int, d int, v int, CONSTRAINT a_key_of_partitions_that_is_as_long_as_a_name_can_be_in_postgre UNIQUE (k, d)) PARTITION BY RANGE (d);
CREATE TABLE a_partition_with_a_name_that_is_as_long_as_a_name_can_be_in_pos PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE named (k text PRIMARY KEY, v int CHECK (v > 0));
CREATE TABLE naming (k text REFERENCES named);
CREATE TABLE "one ""guest" ("k #1001" int PRIMARY KEY, "v #1001" int NOT NULL, CONSTRAINT "c#1001" CHECK ("v #1001" > 0), CONSTRAINT "c ""#1002" CHECK ("v #1001" < 100));
CREATE TABLE "a#1003" (k int REFERENCES "one ""guest", CONSTRAINT "u ""#1004" UNIQUE (k));

--- distribute
BEGIN;
SELECT create_distributed_table('"one ""guest"', 'k #1001');
SELECT create_distributed_table('"a#1003"', 'k');
COMMIT;
BEGIN;
SELECT create_distributed_table('named', 'k');
SELECT create_distributed_table('naming', 'k');
COMMIT;
BEGIN;
SELECT create_distributed_table('a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre', 'k');
SELECT create_distributed_table('u', 'k');
COMMIT;
SELECT create_distributed_table('"ä_täblë_wïth_ä_nämë_thät_ïs_äs_löng_ä1"', 'k');
SELECT create_distributed_table('parts', 'k');

--- data
INSERT INTO a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre SELECT i, i FROM generate_series(1, 8) i;
INSERT INTO u SELECT i, i, i FROM generate_series(1, 8) i;
INSERT INTO "ä_täblë_wïth_ä_nämë_thät_ïs_äs_löng_ä1" SELECT i, i FROM generate_series(1, 8) i;
INSERT INTO parts SELECT i, i, i FROM generate_series(1, 8) i;
INSERT INTO named VALUES ('"named#1"', 1), ('"named#2"', 1), ('(")#1_k" ', 1);
INSERT INTO "one ""guest" SELECT i, i FROM generate_series(1, 16) i;
INSERT INTO "a#1003" SELECT i FROM generate_series(1, 8) i;

--- statements
INSERT INTO "one ""guest" VALUES (${1|2|3|4|5|6|7|8:int}, 1);

INSERT INTO "one ""guest" VALUES (${11|12|13|14|15|16|17|18:int}, NULL);

INSERT INTO "one ""guest" VALUES (${11|12|13|14|15|16|17|18:int}, 0);

UPDATE "one ""guest" SET "v #1001" = 100 WHERE "k #1001" = ${1|2|3|4|5|6|7|8:int};

DELETE FROM "one ""guest" WHERE "k #1001" = ${1|2|3|4|5|6|7|8:int};

INSERT INTO "a#1003" VALUES (${1|2|3|4|5|6|7|8:int});

INSERT INTO "a#1003" VALUES (${21|22|23|24|25|26|27|28:int});

DO $$ DECLARE c text; t text; BEGIN
	INSERT INTO "one ""guest" VALUES (3, 0);
EXCEPTION WHEN check_violation THEN
	GET STACKED DIAGNOSTICS c = CONSTRAINT_NAME, t = TABLE_NAME;
	RAISE NOTICE '% of %', c, t;
END $$;

INSERT INTO named VALUES (${"named#1"|"named#2"|(")#1_k" :text}, 2);

INSERT INTO named VALUES (${"named#3"|"named#4":text}, 0);

INSERT INTO naming VALUES (${"named#3"|"named#4"|(")#1_ ":text});

INSERT INTO a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre VALUES (${1|2|3|4|5|6|7|8:int}, 1);

INSERT INTO a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre VALUES (${1|2|3|4:int}, NULL);

INSERT INTO a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre VALUES (${1|2|3|4:int}, 0);

UPDATE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre SET v = 0 WHERE k = ${1|2|3|4:int};

DELETE FROM a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre WHERE k = ${1|2|3|4:int};

DELETE FROM u;
DELETE FROM a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre;

INSERT INTO u VALUES (${1|2|3|4:int}, 10, 10), (9, 9, 9);

INSERT INTO u VALUES (${11|12|13|14:int}, 10, 10);

INSERT INTO u SELECT k, v, v + 100 FROM u WHERE k = ${1|2|3|4:int};

-- autocommit
ALTER TABLE u DROP CONSTRAINT a_key_with_a_name_that_is_as_long_as_a_name_can_be_in_postgresq;
INSERT INTO u SELECT k, v, v + 100 FROM u WHERE k = ${1|2|3|4:int};
-- on several nodes: on one, the error would come with the statement
INSERT INTO u SELECT k, v + 100, CASE WHEN k < 5 THEN n ELSE v + 100 END FROM u WHERE k IN (${1|2|3|4:int}, 5, 6, 7, 8);

DO $$ DECLARE c text; t text; BEGIN
	INSERT INTO u SELECT k, v, v + 100 FROM u WHERE k = 5;
EXCEPTION WHEN unique_violation THEN
	GET STACKED DIAGNOSTICS c = CONSTRAINT_NAME, t = TABLE_NAME;
	RAISE NOTICE '% of %', c, t;
END $$;

INSERT INTO "ä_täblë_wïth_ä_nämë_thät_ïs_äs_löng_ä1" VALUES (${1|2|3|4:int}, 1);

INSERT INTO "ä_täblë_wïth_ä_nämë_thät_ïs_äs_löng_ä1" VALUES (${1|2|3|4:int}, 0);

INSERT INTO parts SELECT k, d, 1 FROM parts WHERE k = ${1|2|3|4:int};

COPY a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre FROM STDIN;
9	1
10	1
1	1
\.

COPY a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgre FROM STDIN;
9	1
10	\N
\.
