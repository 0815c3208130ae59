Partitioned reference tables.

--- tables
CREATE TABLE rate (gone int, currency text NOT NULL, day date NOT NULL, value numeric, note text, PRIMARY KEY (currency, day)) PARTITION BY RANGE (day);
ALTER TABLE rate DROP COLUMN gone;
CREATE TABLE rate_1 PARTITION OF rate FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE rate_2 (note text, value numeric, day date NOT NULL, currency text NOT NULL);
ALTER TABLE rate ATTACH PARTITION rate_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE rate_3 PARTITION OF rate FOR VALUES FROM ('2024-03-01') TO ('2024-06-01') PARTITION BY LIST (currency);
CREATE TABLE rate_3e PARTITION OF rate_3 FOR VALUES IN ('eur');
CREATE TABLE rate_3x PARTITION OF rate_3 DEFAULT;
CREATE INDEX ON rate (value);
CREATE TABLE word (v text, n int) PARTITION BY HASH (v);
CREATE TABLE word_0 PARTITION OF word FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE word_1 PARTITION OF word FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE sale (id int, currency text, day date, amount numeric, PRIMARY KEY (id), FOREIGN KEY (currency, day) REFERENCES rate ON UPDATE CASCADE ON DELETE CASCADE);

--- distribute
BEGIN;
SELECT create_reference_table('rate');
SELECT create_reference_table('word');
SELECT create_distributed_table('sale', 'id');
COMMIT;

--- data
INSERT INTO rate SELECT c, date '2024-01-01' + d * 9, d, c || d FROM unnest('{eur,usd,gbp}'::text[]) c, generate_series(0, 15) d;
INSERT INTO word SELECT 'w' || i % 5, i FROM generate_series(1, 12) i;
INSERT INTO sale SELECT i, (ARRAY['eur', 'usd', 'gbp'])[1 + i % 3], date '2024-01-01' + i % 16 * 9, i FROM generate_series(1, 40) i;

--- here
CREATE TABLE days (day date, n int);
INSERT INTO days SELECT date '2024-01-01' + d * 3, d FROM generate_series(0, 50) d;

--- statements
SELECT tableoid::regclass, count(*), sum(value) FROM rate GROUP BY 1

SELECT * FROM rate WHERE day = ${2024-02-06:date} ORDER BY currency

SELECT s.id, r.value, r.tableoid::regclass FROM sale s JOIN rate r USING (currency, day) WHERE s.id < ${9:int}

SELECT r.day, count(*) FROM rate_2 r LEFT JOIN sale s ON s.day = r.day GROUP BY 1

SELECT d.n, r.note FROM days d JOIN rate r USING (day) WHERE r.value > 3

SELECT r FROM rate r WHERE value = 2

INSERT INTO rate VALUES ('chf', ${2024-04-01:date}, 5, 'new'), ('eur', '2024-02-28', 1, NULL) RETURNING tableoid::regclass, *

INSERT INTO rate VALUES ('chf', ${2024-07-01:date}, 5, 'no partition')

INSERT INTO rate_1 VALUES ('chf', '2024-01-31', 5, 'new'), ('chf', '2024-01-30', 5, 'new')

INSERT INTO rate SELECT 'day', day, n FROM days WHERE n % 2 = 0

INSERT INTO rate VALUES ('eur', '2024-01-01', 9), ('eur', '2024-01-02', 9) ON CONFLICT (currency, day) DO UPDATE SET value = rate.value + excluded.value RETURNING *

UPDATE rate SET value = value + 1 WHERE currency = ${eur|usd:text}

UPDATE rate SET day = day + 31 WHERE value < 3 RETURNING tableoid::regclass, *

UPDATE rate SET currency = 'x' WHERE day = '2024-03-04' AND currency = 'eur' RETURNING tableoid::regclass, *

UPDATE rate r SET note = s.id FROM sale s WHERE s.day = r.day AND s.currency = r.currency AND s.id < 9

UPDATE rate SET value = random() < 2 AND false IS NULL WHERE false

UPDATE rate_3 SET value = (SELECT count(*) FROM sale WHERE sale.day = rate_3.day) RETURNING *

UPDATE word SET n = n + s.id FROM sale s WHERE s.id = word.n

UPDATE word SET v = v || 'x' WHERE n < 5

DELETE FROM word WHERE n IN (SELECT id FROM sale WHERE amount < 4)

DELETE FROM rate USING days d WHERE d.day = rate.day AND d.n < 20 RETURNING rate.*

DELETE FROM rate_2

MERGE INTO rate r USING days d ON r.day = d.day AND r.currency = 'eur' WHEN MATCHED THEN UPDATE SET value = d.n WHEN NOT MATCHED AND d.n < 30 THEN INSERT (currency, day, value) VALUES ('eur', d.day, -1)

SELECT day FROM rate WHERE currency = 'eur' AND day < '2024-02-01' ORDER BY 1 FOR UPDATE

COPY rate FROM STDIN;
cny	2024-01-05	1	a
cny	2024-04-05	2	b
\.

TRUNCATE word_1

TRUNCATE rate CASCADE

CREATE TABLE rate_4 PARTITION OF rate FOR VALUES FROM ('2024-06-01') TO ('2024-07-01');
INSERT INTO rate VALUES ('eur', '2024-06-06', 1);
SELECT tableoid::regclass, * FROM rate WHERE day > '2024-05-31';
DROP TABLE rate_4;

DELETE FROM sale;
ALTER TABLE rate DETACH PARTITION rate_2;
INSERT INTO rate_2 (currency, day) VALUES ('zzz', '2024-02-02');
SELECT count(*) FROM rate;
ALTER TABLE rate ATTACH PARTITION rate_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
SELECT count(*) FROM rate;

ALTER TABLE rate ADD COLUMN more int DEFAULT 5;
CREATE INDEX later ON rate (more);
UPDATE rate SET more = 6 WHERE value < 4;
SELECT more, count(*) FROM rate GROUP BY 1;
DROP INDEX later;
ALTER TABLE rate DROP COLUMN more;
