UPDATE and DELETE joined off the key: what they need comes to the nodes of the rows that they change.
Not in variants that commit: changes would pile up until several rows match one, and any of these may be taken.

--- variants
coordinator
worker
prepared
broadcast
rehash
partitioned
explain

--- include shop.tables

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;
CREATE FUNCTION log_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO log VALUES (coalesce(NEW.k, OLD.k), TG_OP, OLD::text, NEW::text); RETURN NULL; END $$;

--- tables
CREATE TABLE stock (item int, place int, n int DEFAULT 0, note text, PRIMARY KEY (item, place));
CREATE TABLE moves (id int, item int, place int, diff int, at mood);
CREATE TABLE odd (k text, a int, dropped int, b text);
ALTER TABLE odd DROP COLUMN dropped;
CREATE TABLE log (k int, op text, old text, new text);
CREATE TABLE watched (k int, v int, note text);
CREATE TRIGGER log_change AFTER UPDATE OR DELETE ON watched FOR EACH ROW EXECUTE FUNCTION log_change();
CREATE TABLE months (k int, month int, v int) PARTITION BY LIST (month);
CREATE TABLE months_1 PARTITION OF months FOR VALUES IN (1, 2);
CREATE TABLE months_2 PARTITION OF months DEFAULT;
CREATE TABLE own (k int PRIMARY KEY, who text, v int);
ALTER TABLE own ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON own USING (who = current_user);
GRANT SELECT, UPDATE, DELETE ON own, moves TO ann;
GRANT SELECT (item, n), UPDATE (n) ON stock TO ann;

--- distribute
SELECT create_distributed_table('stock', 'item');
SELECT create_distributed_table('moves', 'id');
SELECT create_distributed_table('odd', 'k');
SELECT create_distributed_table('log', 'k');
SELECT create_distributed_table('watched', 'k');
SELECT create_distributed_table('months', 'k');
SELECT create_distributed_table('own', 'k');

--- data
INSERT INTO stock SELECT i, p, i * p, CASE WHEN i % 3 > 0 THEN 'note ' || i END FROM generate_series(1, 12) i, generate_series(1, 3) p;
INSERT INTO moves SELECT m, nullif(m % 15, 0), 1 + m % 3, m, (ARRAY['sad', 'ok', 'happy']::mood[])[1 + m % 3] FROM generate_series(1, 14) m;
INSERT INTO moves VALUES (20, NULL, NULL, NULL, NULL), (NULL, 30, 1, 70, 'ok');
INSERT INTO odd SELECT CASE WHEN o % 4 > 0 THEN 'note ' || o END, o, 'b' || o % 3 FROM generate_series(1, 9) o;

INSERT INTO watched SELECT i, i % 7, 'w' || i FROM generate_series(1, 20) i;
INSERT INTO months SELECT i, i % 4, i FROM generate_series(1, 20) i;
INSERT INTO own SELECT i, CASE WHEN i % 2 = 0 THEN 'ann' ELSE 'bob' END, i FROM generate_series(1, 12) i;

--- here
CREATE TABLE notes (tenant int, note text);
INSERT INTO notes SELECT t, 'local ' || t FROM generate_series(0, 12, 2) t;
CREATE VIEW some_moves AS SELECT item, place, sum(diff) AS diff FROM moves GROUP BY item, place;

--- statements

UPDATE stock SET n = n + diff FROM moves WHERE moves.item = stock.item AND moves.place = stock.place;

UPDATE stock SET n = n + diff FROM moves WHERE moves.item = stock.item AND moves.place = stock.place RETURNING *;

UPDATE stock s SET n = m.diff, note = at FROM moves m WHERE m.diff = s.n RETURNING s.item, m.at, m.id;

UPDATE stock s SET note = NULL FROM moves m WHERE m.diff = s.n RETURNING m;

UPDATE stock s SET note = NULL FROM moves m WHERE m.diff = s.n RETURNING s, s.note IS NULL;

UPDATE stock s SET note = NULL FROM moves m WHERE m.diff = s.n AND m.tableoid = 'moves'::regclass RETURNING s.item;

UPDATE stock s SET note = 'x' FROM moves m WHERE m.item IS NOT DISTINCT FROM s.item AND m.diff > ${5:int};

UPDATE stock s SET note = 'x' FROM moves m WHERE m.diff > ${12:int} AND m.place < s.place;

UPDATE stock s SET note = 'x' FROM moves m WHERE s.item = ${3|4:int} AND m.item = s.place RETURNING m.id, s.*;

UPDATE stock s SET note = 'x' FROM moves m WHERE s.item IN (${3:int}, ${4:int}) AND m.diff = s.place;

UPDATE stock s SET note = 'x' FROM moves m WHERE m.id = ${3:int} AND m.item = s.n;

UPDATE stock SET note = 'x' FROM moves WHERE false;

UPDATE stock SET note = 'x' FROM empty WHERE empty.id = stock.n;

UPDATE stock SET note = empty.name FROM moves LEFT JOIN empty USING (id) WHERE moves.item = stock.item AND moves.place = stock.place;

UPDATE stock SET note = coalesce(o.b, 'none') FROM moves m LEFT JOIN odd o ON o.a = m.diff AND o.b <> 'b1' WHERE m.item = stock.item AND m.place = stock.place RETURNING *;

UPDATE stock SET note = o.k FROM odd o RIGHT JOIN moves m ON o.a = m.diff WHERE m.item = stock.item AND m.place = stock.place AND o.k IS NULL;

UPDATE stock SET note = coalesce(o.b, m.at::text) FROM odd o FULL JOIN moves m ON o.a = m.id WHERE coalesce(m.item, o.a) = stock.item AND stock.place = coalesce(m.place, 2);

UPDATE stock s SET n = -other.n FROM stock other WHERE other.item = s.item + 1 AND other.place = s.place RETURNING s.*, other.n;

UPDATE stock s SET n = -other.n FROM stock other WHERE other.n = s.n AND other.item <> s.item AND other.place = 1 AND s.place = 2;

UPDATE stock s SET n = o.total FROM orders o, users u WHERE u.tenant = o.tenant AND u.id = o.id AND u.id = s.place AND o.tenant = s.item AND u.feeling = 'ok';

UPDATE stock s SET note = p.name FROM products p, moves m WHERE m.item = p.id AND p.id = s.item AND m.place = s.place RETURNING p.tags, s.note;

UPDATE stock s SET note = q.value FROM settings q, moves m WHERE q.name = 'currency' AND m.diff = s.n;

UPDATE settings SET value = note FROM notes WHERE tenant = 2 + length(name) - 8;

UPDATE settings SET value = m.id::text FROM moves m WHERE m.diff = length(name) RETURNING *;

UPDATE products SET name = name || m.id FROM moves m WHERE m.diff = products.id AND m.place = 1 RETURNING *;

UPDATE stock SET note = notes.note FROM notes WHERE tenant = item;

UPDATE stock SET note = v.note FROM (VALUES (1, 'a'), (2, 'b')) v (n, note), moves m WHERE v.n = m.diff AND m.diff = stock.n;

UPDATE stock SET n = s.diff FROM some_moves s WHERE s.item = stock.item AND s.place = stock.place;

UPDATE stock SET n = total FROM (SELECT place, max(diff) AS total FROM moves WHERE id > ${2:int} GROUP BY place) m WHERE m.place = stock.place;

UPDATE stock SET n = total FROM (SELECT at, max(diff) AS total FROM moves GROUP BY at ORDER BY at LIMIT 1) m WHERE m.total > stock.n;

UPDATE stock SET n = m.diff FROM moves m, LATERAL (SELECT max(a) AS a FROM odd WHERE a < m.diff) l WHERE l.a = stock.n AND m.place = stock.place AND m.diff IN (11, 12, 13);

UPDATE stock SET n = (SELECT max(diff) FROM moves);

UPDATE stock SET n = (SELECT max(diff) FROM moves m WHERE m.place = stock.place) WHERE item < 5 RETURNING item, n;

UPDATE stock SET (n, note) = (SELECT max(diff), min(at::text) FROM moves WHERE moves.item = stock.item);

UPDATE stock SET (n, note) = (SELECT diff, at FROM moves WHERE id = ${4:int}) WHERE place = 2;

UPDATE stock SET n = (SELECT diff FROM moves WHERE id < 3);

UPDATE stock s SET n = 0 FROM moves m WHERE m.diff = s.n AND EXISTS (SELECT FROM odd WHERE odd.a = m.place);

UPDATE stock SET n = 0 WHERE n IN (SELECT diff FROM moves WHERE at = ${ok:mood});

UPDATE stock SET n = 0 WHERE n NOT IN (SELECT diff FROM moves);

UPDATE stock SET n = 0 WHERE n NOT IN (SELECT diff FROM moves WHERE diff IS NOT NULL) RETURNING *;

UPDATE stock SET n = 0 WHERE n = ANY (SELECT diff FROM moves ORDER BY diff LIMIT 3);

UPDATE stock SET n = 0 WHERE NOT EXISTS (SELECT FROM moves WHERE diff = stock.n);

UPDATE stock SET n = 0 WHERE EXISTS (SELECT FROM moves m JOIN odd o ON o.a = m.place WHERE m.diff = stock.n);

UPDATE stock SET n = m.diff FROM moves m WHERE m.diff = stock.n RETURNING (SELECT count(*) FROM moves x WHERE x.item = m.item), m.id;

WITH m AS (SELECT * FROM moves WHERE diff > 3) UPDATE stock SET n = m.diff FROM m WHERE m.item = stock.item AND m.place = stock.place RETURNING m.*;

WITH m AS MATERIALIZED (SELECT * FROM moves WHERE diff > 3) UPDATE stock SET n = m.diff FROM m WHERE m.item = stock.item AND m.place = stock.place RETURNING m.*;

WITH m AS (SELECT item, max(diff) AS diff FROM moves GROUP BY item) UPDATE stock SET n = a.diff FROM m a, m b WHERE a.item = stock.item AND b.diff = stock.n;

WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT r.n + 1 FROM r WHERE r.n < 4) UPDATE stock SET note = r.n FROM r, moves m WHERE r.n = stock.n AND m.diff = r.n;

WITH d AS (DELETE FROM moves WHERE diff < 6 RETURNING *) UPDATE stock SET n = d.diff FROM d WHERE d.item = stock.item AND d.place = stock.place RETURNING *;

WITH u AS (UPDATE stock SET n = m.diff FROM moves m WHERE m.item = stock.item AND m.place = stock.place RETURNING stock.item, m.id) SELECT count(*), sum(u.id) FROM u;

WITH u AS (UPDATE stock SET n = -1 FROM moves m WHERE m.diff = stock.n RETURNING m.id) UPDATE moves SET diff = 0 FROM u WHERE u.id = moves.id RETURNING moves.id, moves.place;

WITH u AS (UPDATE moves SET diff = diff + 100 WHERE id < 8) UPDATE stock SET n = m.diff FROM moves m WHERE m.diff = stock.n;

INSERT INTO stock SELECT 2, 1 ON CONFLICT (item, place) DO UPDATE SET n = (SELECT max(diff) FROM moves);

-- a key is changed
UPDATE stock SET item = stock.item + 100 FROM moves m WHERE m.diff = stock.n RETURNING stock.*, m.id;

UPDATE stock SET item = m.diff + 100 FROM moves m WHERE m.item = stock.item AND m.place = stock.place RETURNING stock.*;

UPDATE stock SET item = m.item FROM moves m WHERE m.item = stock.item AND m.place = stock.place;

UPDATE stock SET item = 1 FROM moves m WHERE m.diff = stock.n;

UPDATE odd SET k = NULL FROM moves m WHERE m.diff = odd.a RETURNING *;

UPDATE odd SET k = stock.note FROM stock WHERE stock.n = odd.a AND place = 1 RETURNING *;

UPDATE odd SET b = stock.note FROM stock WHERE stock.note = odd.k AND place = 1 RETURNING odd.*;

UPDATE odd SET b = stock.note FROM stock WHERE stock.note IS NOT DISTINCT FROM odd.k AND item = 3 RETURNING odd.*;

-- DELETE
DELETE FROM stock USING moves WHERE moves.diff = stock.n;

DELETE FROM stock USING moves m WHERE m.item = stock.item AND m.place = stock.place RETURNING *;

DELETE FROM stock s USING stock o WHERE o.item = s.place AND o.place = 1 AND s.n < o.n RETURNING s.*, o.item;

DELETE FROM moves USING stock s WHERE s.item = moves.item AND s.place = moves.place AND moves.at <> 'sad' RETURNING moves.*;

DELETE FROM moves USING stock s LEFT JOIN odd o ON o.a = s.n WHERE s.item = moves.diff AND s.place = 1 RETURNING o.*, moves.id;

DELETE FROM orders USING moves WHERE moves.diff = orders.id AND moves.place = ${2:int};

DELETE FROM users USING events WHERE events.tenant = users.tenant AND events.kind = 'buy' AND users.id = 2;

DELETE FROM events USING users WHERE events.tenant = users.tenant AND users.feeling = 'sad' RETURNING kind, users.tenant;

DELETE FROM moves WHERE item IN (SELECT item FROM stock WHERE n > 20);

DELETE FROM moves WHERE (item, place) IN (SELECT item, place FROM stock WHERE n > 5) RETURNING id;

DELETE FROM moves WHERE diff > ALL (SELECT n FROM stock WHERE item = 3);

DELETE FROM moves WHERE id IN (SELECT id FROM moves ORDER BY diff DESC NULLS LAST LIMIT 4) RETURNING id;

DELETE FROM odd USING notes WHERE notes.tenant = odd.a;

DELETE FROM settings USING notes WHERE notes.tenant = length(name);

DELETE FROM stock USING moves WHERE moves.diff = stock.n AND 1 / (moves.diff - 4) > -5;

-- MERGE
MERGE INTO stock USING moves m ON m.item = stock.item AND m.place = stock.place WHEN MATCHED THEN UPDATE SET n = m.diff;

MERGE INTO stock USING (SELECT diff FROM moves WHERE place = 1) m ON m.diff = stock.n WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (m.diff, 50);

-- rows are locked
SELECT s.*, m.id FROM stock s JOIN moves m ON m.diff = s.n ORDER BY s.item, s.place FOR UPDATE OF s;

SELECT s.*, m.id FROM stock s LEFT JOIN moves m ON m.diff = s.n ORDER BY s.item, s.place FOR NO KEY UPDATE OF s;

SELECT s.item, s.place FROM stock s WHERE n IN (SELECT diff FROM moves) ORDER BY 1, 2 LIMIT 3 FOR SHARE;

SELECT s.item, m.at FROM moves m LEFT JOIN stock s ON m.diff = s.n FOR UPDATE OF s;

SELECT s.*, m.id FROM stock s JOIN moves m ON m.item = s.item AND m.place = s.place ORDER BY s.item, s.place FOR UPDATE;

SELECT s.item, o.b FROM stock s JOIN moves m ON m.item = s.item AND m.place = s.place LEFT JOIN odd o ON o.a = s.n ORDER BY 1, 2 FOR UPDATE OF s SKIP LOCKED;

-- triggers
UPDATE watched SET note = 'x' FROM moves m WHERE m.diff = watched.v;

UPDATE watched SET v = m.diff + 1 FROM moves m WHERE m.item = watched.k AND m.place < 3 RETURNING watched.*;

UPDATE watched SET k = watched.k FROM moves m WHERE m.diff = watched.v AND m.id = ${3:int};

DELETE FROM watched USING moves m WHERE m.diff = watched.v AND m.at = 'ok' RETURNING m.id;

-- partitions
UPDATE months SET v = m.diff FROM moves m WHERE m.diff = months.month + 1 AND months.month < 3;

UPDATE months SET month = 7 FROM moves m WHERE m.diff = months.v RETURNING months.*;

UPDATE stock SET n = months.v FROM months WHERE months.v = stock.n AND month IN (1, 3) RETURNING *;

DELETE FROM months USING moves m WHERE m.diff = months.v AND months.month = ${1:int};

-- rows of no named type
UPDATE stock SET note = m.at::text FROM (SELECT id, item, at FROM moves) m WHERE m.id = stock.item AND stock.place = 1 RETURNING m, row_to_json(m), stock

DELETE FROM stock USING (VALUES (1, 'a'), (4, NULL)) v(item, what) WHERE v.item = stock.item RETURNING stock.place, v, (v).what

DELETE FROM stock USING (SELECT id, (id, at) AS pair, moves AS move FROM moves) m WHERE m.id = stock.item AND stock.place = 2 RETURNING m, m.pair, row_to_json(m.move)

WITH m AS (SELECT id, item FROM moves LIMIT 1000), d AS (DELETE FROM stock USING m WHERE m.id = stock.item RETURNING m, to_json(m)) SELECT * FROM d

DELETE FROM stock USING watched w LEFT JOIN (SELECT k + 2 AS k, v, (k, v) AS kv FROM watched) l USING (k) WHERE w.k = stock.place RETURNING w.k, l, l.kv, l IS NULL, l IS NOT NULL, l IS NOT DISTINCT FROM NULL, (SELECT jsonb_agg(l) FROM generate_series(1, 2))

DELETE FROM stock USING (watched w JOIN moves m ON m.id = w.k) AS j WHERE stock.place = j.id AND j.v > 0 RETURNING j, row_to_json(j)

-- rights and policies
-- as: ann
UPDATE own SET v = m.diff FROM moves m WHERE m.diff = own.v RETURNING own.*;
SELECT * FROM own ORDER BY k;

-- as: ann
UPDATE moves SET at = 'sad' FROM own WHERE own.v = moves.diff RETURNING moves.id, own.who;

-- as: ann
DELETE FROM moves USING own o, own p WHERE o.v = moves.diff AND p.v = moves.item RETURNING *;

-- as: ann
UPDATE stock SET n = m.diff FROM moves m WHERE m.diff = stock.n RETURNING stock.item;

-- as: ann
UPDATE moves SET diff = 0 FROM stock WHERE stock.n = moves.diff RETURNING stock.note;

-- as: ann
UPDATE moves SET diff = 0 FROM stock WHERE stock.n = moves.diff AND stock.place = 1;
