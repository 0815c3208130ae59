MERGE: on the nodes where source and target are joined on the key, else by row.

--- include shop.tables

--- everywhere
CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.value := upper(NEW.value); RETURN NEW; END $$;

--- tables
CREATE TABLE stock (tenant int, product int, n int DEFAULT 0, note text DEFAULT 'new', twice int GENERATED ALWAYS AS (n * 2) STORED, PRIMARY KEY (tenant, product));
CREATE TABLE changes (tenant int, product int, delta int);
CREATE TABLE numbered (k int, id int GENERATED ALWAYS AS IDENTITY (START 1000), v text);
CREATE TRIGGER loud BEFORE INSERT ON settings FOR EACH ROW EXECUTE FUNCTION loud();

--- distribute
SELECT create_distributed_table('stock', 'tenant', colocate_with => 'orders');
SELECT create_distributed_table('changes', 'tenant', colocate_with => 'orders');
SELECT create_distributed_table('numbered', 'k');

--- data
INSERT INTO stock (tenant, product, n) SELECT t, p, t * p FROM generate_series(1, 6) t, generate_series(1, 3) p;
INSERT INTO changes SELECT t, p, t - p FROM generate_series(4, 9) t, generate_series(2, 4) p;

--- here
CREATE TABLE notes (tenant int, note text);
INSERT INTO notes SELECT t, 'local ' || t FROM generate_series(0, 12, 2) t;

--- statements

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED THEN UPDATE SET n = n + delta WHEN NOT MATCHED THEN INSERT (tenant, product, n) VALUES (c.tenant, c.product, c.delta);

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED AND n + delta < 10 THEN DELETE WHEN MATCHED AND delta > 2 THEN UPDATE SET n = n + delta, note = 'more' WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED AND delta < 0 THEN DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (c.tenant, c.product, c.delta, 'from changes');

MERGE INTO stock s USING (SELECT * FROM changes WHERE tenant = ${5|8:int}) c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED THEN UPDATE SET n = delta WHEN NOT MATCHED THEN INSERT (tenant, product) VALUES (c.tenant, c.product);

MERGE INTO stock s USING (SELECT * FROM changes WHERE tenant = 5) c ON s.product = c.product WHEN MATCHED THEN UPDATE SET n = delta;

MERGE INTO stock s USING (VALUES (${1:int}, 1), (2, 2), (20, 1)) v(t, p) ON s.tenant = v.t AND s.product = v.p WHEN MATCHED THEN UPDATE SET note = 'value' WHEN NOT MATCHED THEN INSERT (tenant, product) VALUES (t, p);

MERGE INTO stock s USING (VALUES (${1|30:int}, ${1:int})) v(t, p) ON s.tenant = v.t AND s.product = v.p WHEN MATCHED THEN UPDATE SET note = 'value', n = 5 WHEN NOT MATCHED THEN INSERT VALUES (t, p);

MERGE INTO stock s USING notes n ON n.tenant = s.tenant WHEN MATCHED THEN UPDATE SET note = n.note WHEN NOT MATCHED THEN INSERT (tenant, product, note) VALUES (n.tenant + 100, 1, n.note);

MERGE INTO stock s USING products p ON p.id = s.product AND s.tenant = 1 WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (tenant, product, note) VALUES (1, p.id, p.name);

MERGE INTO stock s USING products p ON p.id = s.product WHEN MATCHED AND p.price > 2 THEN DELETE WHEN MATCHED THEN UPDATE SET note = p.name;

MERGE INTO stock s USING (SELECT id, count(*) AS c FROM users GROUP BY id) u ON u.id = s.product WHEN MATCHED THEN UPDATE SET n = u.c WHEN NOT MATCHED THEN INSERT VALUES (u.id, u.id, u.c);

MERGE INTO stock USING changes ON stock.product = changes.product WHEN MATCHED THEN UPDATE SET n = delta;

MERGE INTO stock USING changes ON stock.product = changes.product WHEN MATCHED AND delta > 3 THEN DELETE WHEN MATCHED THEN UPDATE SET n = delta;

MERGE INTO stock USING changes ON stock.product = changes.product WHEN MATCHED THEN DO NOTHING;

MERGE INTO stock s USING changes c ON s.tenant = c.tenant + 1 AND s.product = c.product WHEN NOT MATCHED THEN INSERT VALUES (c.tenant + 1, c.product, 7);

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED THEN UPDATE SET n = (SELECT count(*) FROM orders) + c.delta, note = (SELECT max(name) FROM users u WHERE u.tenant = c.product);

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED THEN UPDATE SET (n, note) = (SELECT count(*) + c.delta, max(u.name) || s.note FROM users u WHERE u.tenant = c.product);

MERGE INTO stock s USING notes n ON n.tenant = s.tenant WHEN MATCHED AND s.product < 3 THEN UPDATE SET (note, n) = (SELECT m.note || s.n, 5 FROM notes m WHERE m.tenant = s.tenant), product = s.product + 20 WHEN MATCHED THEN UPDATE SET n = (SELECT max(tenant) FROM notes) WHEN NOT MATCHED THEN INSERT (tenant, product, note) VALUES (n.tenant + 100, 1, n.note);

MERGE INTO stock s USING notes n ON n.tenant = s.tenant WHEN MATCHED AND s.product = 1 THEN UPDATE SET note = 'first' WHEN MATCHED THEN UPDATE SET (n, note) = (WITH q AS (SELECT max(delta) AS d FROM changes) SELECT d, n.note || d FROM q);

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED AND s.n < 0 THEN UPDATE SET (n, note) = (SELECT id, name FROM users) WHEN MATCHED THEN UPDATE SET n = (SELECT 7);

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED THEN UPDATE SET (n, note) = (SELECT id, name FROM users);

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN NOT MATCHED THEN INSERT (tenant, product, n) VALUES (c.tenant, c.product, (SELECT count(*) FROM stock));

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED AND EXISTS (SELECT FROM notes n WHERE n.tenant = s.tenant) THEN DELETE;

WITH c AS (SELECT tenant, min(product) AS product, sum(delta) AS delta FROM changes GROUP BY tenant) MERGE INTO stock s USING c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED THEN UPDATE SET n = c.delta WHEN NOT MATCHED THEN INSERT VALUES (c.tenant, c.product, (SELECT max(delta) FROM c));

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED THEN UPDATE SET n = 1 / (s.product - s.product);

MERGE INTO stock s USING changes c ON s.tenant = c.tenant AND s.product = c.product WHEN MATCHED AND s.product > 100 THEN UPDATE SET n = 1 / 0 WHEN MATCHED THEN DELETE;

MERGE INTO stock s USING changes c ON false WHEN NOT MATCHED THEN INSERT VALUES (c.tenant + 50, c.product, DEFAULT, DEFAULT);

-- any row
MERGE INTO stock s USING changes c ON false WHEN NOT MATCHED THEN INSERT VALUES (c.tenant, c.product);

MERGE INTO products p USING (SELECT product, sum(quantity) AS q FROM lines GROUP BY product) l ON l.product = p.id WHEN MATCHED AND q > 20 THEN UPDATE SET price = q WHEN NOT MATCHED THEN INSERT VALUES (coalesce(l.product, 0), 'none', q);

MERGE INTO products p USING (VALUES (1, 'one'), (90, 'ninety')) v(id, name) ON v.id = p.id WHEN MATCHED THEN UPDATE SET name = v.name WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.name, 3);

MERGE INTO products p USING lines l ON l.product = p.id AND l.tenant = 1 WHEN MATCHED AND l.line < 0 THEN DELETE;

MERGE INTO settings s USING (VALUES ('Zone', 'cet'), ('new', 'one')) v(name, value) ON v.name = s.name WHEN MATCHED THEN UPDATE SET value = v.value WHEN NOT MATCHED THEN INSERT VALUES (v.name, v.value);

-- only: coordinator
MERGE INTO numbered n USING generate_series(1, 3) g ON n.k = g WHEN NOT MATCHED THEN INSERT (k, v) VALUES (g, 'row ' || g);
SELECT k, id >= 1000, v FROM numbered ORDER BY k;

MERGE INTO notes n USING stock s ON s.tenant = n.tenant AND s.product = 1 WHEN MATCHED THEN UPDATE SET note = s.note || s.n WHEN NOT MATCHED THEN INSERT VALUES (s.tenant, 'from stock');

MERGE INTO orders o USING users u ON u.tenant = o.tenant AND u.id = o.id WHEN MATCHED THEN UPDATE SET note = u.name WHEN NOT MATCHED THEN INSERT (tenant, id) VALUES (u.tenant, u.id);

-- count: 3
PREPARE m(int, int) AS MERGE INTO stock s USING (SELECT $1 AS t, $2 AS p) v ON s.tenant = v.t AND s.product = v.p WHEN MATCHED THEN UPDATE SET n = n + 1 WHEN NOT MATCHED THEN INSERT (tenant, product, n) VALUES (v.t, v.p, 1);
EXECUTE m(1, 1);
EXECUTE m(40, 1);
EXECUTE m(40, 1);

-- whole rows, where the key is not joined
MERGE INTO stock s USING changes c ON s.product = c.product AND c.tenant = 2 WHEN MATCHED AND (s::text <> c::text OR s IS NULL) THEN UPDATE SET n = s.n + c.delta;

MERGE INTO settings s USING changes c ON s.name = c.product::text WHEN MATCHED AND s::text <> c::text THEN DELETE WHEN NOT MATCHED AND c IS NOT NULL AND c.tenant = 1 THEN INSERT VALUES (c.product, c::text);
