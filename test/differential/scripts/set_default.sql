Actions of foreign keys that set columns to their defaults, which the tables get, change and lose.

--- tables
CREATE TABLE dic (code int PRIMARY KEY, name text);
CREATE TABLE uses (k int, code int DEFAULT 3 REFERENCES dic ON DELETE SET DEFAULT ON UPDATE SET DEFAULT, n int);
CREATE TABLE copies (k int PRIMARY KEY, gone int, code int DEFAULT 2 REFERENCES dic ON DELETE SET DEFAULT);
ALTER TABLE copies DROP COLUMN gone;
CREATE TABLE many (k int, gone int, code int DEFAULT length('four') REFERENCES dic ON DELETE SET DEFAULT, day date) PARTITION BY RANGE (day);
ALTER TABLE many DROP COLUMN gone;
CREATE TABLE many_1 PARTITION OF many FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE many_2 (day date, code int DEFAULT 9, k int);
ALTER TABLE many ATTACH PARTITION many_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE top (k int, n int, PRIMARY KEY (k, n));
CREATE TABLE below (k int, n int DEFAULT 1, w int, FOREIGN KEY (k, n) REFERENCES top ON DELETE SET DEFAULT (n) ON UPDATE CASCADE);
CREATE TABLE moves (k int DEFAULT 3, n int DEFAULT 1, w int, FOREIGN KEY (k, n) REFERENCES top ON UPDATE SET DEFAULT);
CREATE TABLE volatile_default (k int, code int DEFAULT 1 + (random() * 0)::int REFERENCES dic ON DELETE SET DEFAULT);

--- distribute
BEGIN;
SELECT create_reference_table('dic');
SELECT create_distributed_table('uses', 'k');
SELECT create_reference_table('copies');
SELECT create_distributed_table('many', 'k');
SELECT create_distributed_table('top', 'k');
SELECT create_distributed_table('below', 'k', colocate_with => 'top');
SELECT create_distributed_table('moves', 'k', colocate_with => 'top');
SELECT create_distributed_table('volatile_default', 'k');
COMMIT;

--- data
INSERT INTO dic SELECT i, 'name ' || i FROM generate_series(1, 16) i;
INSERT INTO uses SELECT i, i % 16 + 1 FROM generate_series(1, 40) i;
INSERT INTO copies SELECT i, i FROM generate_series(1, 16) i;
INSERT INTO many SELECT i, i % 16 + 1, date '2024-01-01' + i FROM generate_series(1, 50) i;
INSERT INTO top SELECT i, j FROM generate_series(1, 9) i, generate_series(1, 2) j;
INSERT INTO below SELECT i, 2 FROM generate_series(1, 9) i;
INSERT INTO moves SELECT i, 2 FROM generate_series(1, 9) i;
INSERT INTO volatile_default SELECT i, i FROM generate_series(1, 16) i;

--- statements
DELETE FROM dic WHERE code = ${5:int};
DELETE FROM dic WHERE code IN (10, 11);
SELECT * FROM uses ORDER BY 1, 2;
SELECT * FROM copies ORDER BY 1;
SELECT tableoid::regclass, * FROM many ORDER BY k;
SELECT * FROM volatile_default ORDER BY 1;

DELETE FROM copies;
DELETE FROM many;
DELETE FROM volatile_default;
UPDATE dic SET code = code + 100 WHERE code = ${6|8:int};
SELECT * FROM uses ORDER BY 1, 2;

UPDATE moves SET n = 1 WHERE k IN (3, 4);
DELETE FROM top WHERE n = 2 AND k IN (3, 4);
SELECT * FROM below ORDER BY 1, 2;

UPDATE top SET k = k + 20 WHERE n = 2 AND k > 6;
SELECT * FROM below ORDER BY 1, 2;
SELECT * FROM moves ORDER BY 1, 2;

DELETE FROM dic WHERE code = 7;
ALTER TABLE uses ALTER code SET DEFAULT 4;
ALTER TABLE copies ALTER code SET DEFAULT 4;
ALTER TABLE many ALTER code SET DEFAULT 5;
DELETE FROM dic WHERE code = 8;
ALTER TABLE uses ALTER code DROP DEFAULT;
DELETE FROM dic WHERE code = 9;
SELECT * FROM uses ORDER BY 1, 2;
SELECT * FROM copies ORDER BY 1;
SELECT * FROM many ORDER BY k;

-- what it is set to is not there
ALTER TABLE uses ALTER code SET DEFAULT 77;
DELETE FROM dic WHERE code = 14;

ALTER TABLE moves ALTER k SET DEFAULT 6, ALTER n DROP DEFAULT;
UPDATE top SET k = k + 20 WHERE n = 2 AND k = 5;
SELECT * FROM moves ORDER BY 1, 2;
