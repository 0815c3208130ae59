Foreign keys from ordinary tables to reference tables.

--- tables
CREATE TABLE product (gone int, id int PRIMARY KEY, name text UNIQUE, price numeric);
ALTER TABLE product DROP COLUMN gone;
CREATE TABLE country (code text, region int, PRIMARY KEY (region, code));

--- data
INSERT INTO product SELECT i, 'p' || i, i FROM generate_series(1, 9) i;
INSERT INTO country VALUES ('de', 1), ('fr', 1), ('us', 2);

--- distribute
SELECT create_reference_table('product');
SELECT create_reference_table('country');

--- here
CREATE TABLE stock (product int REFERENCES product, n int);
CREATE TABLE picture (product int REFERENCES product ON DELETE CASCADE ON UPDATE CASCADE, file text);
CREATE TABLE offer (id int PRIMARY KEY, name text, FOREIGN KEY (name) REFERENCES product (name) ON DELETE SET NULL ON UPDATE SET NULL);
CREATE TABLE part (offer int REFERENCES offer ON DELETE CASCADE, product int DEFAULT 9 REFERENCES product ON DELETE SET DEFAULT ON UPDATE RESTRICT);
CREATE TABLE address (code text, region int, street text, FOREIGN KEY (region, code) REFERENCES country MATCH FULL);
CREATE TABLE wish (product int, who text) PARTITION BY LIST (who);
CREATE TABLE wish_a PARTITION OF wish FOR VALUES IN ('a');
CREATE TABLE wish_b PARTITION OF wish DEFAULT;
ALTER TABLE wish ADD FOREIGN KEY (product) REFERENCES product ON DELETE CASCADE;
INSERT INTO stock VALUES (1, 10), (2, 20);
INSERT INTO picture VALUES (1, 'x'), (3, 'y'), (3, 'z'), (8, 'q');
INSERT INTO offer VALUES (1, 'p4'), (2, 'p5'), (3, NULL);
INSERT INTO part VALUES (1, 6), (2, 6), (3, 7);
INSERT INTO address VALUES ('de', 1, 's');
INSERT INTO wish VALUES (3, 'a'), (3, 'b'), (5, 'b');

--- statements

INSERT INTO stock VALUES (${3|77:int}, 1);

INSERT INTO stock SELECT id, 1 FROM product WHERE id < 5 RETURNING *;

INSERT INTO stock SELECT id + 7, 1 FROM product;

UPDATE stock SET product = ${4|44:int} WHERE product = 1;

DELETE FROM product WHERE id = ${1|3|5:int};
SELECT * FROM picture;
SELECT * FROM wish;
SELECT * FROM offer;

DELETE FROM product WHERE id > 4 AND id <> 9;
SELECT * FROM part;
SELECT * FROM picture;

UPDATE product SET id = id + 100 WHERE id = ${1|3|4|6|8:int};
SELECT * FROM picture;
SELECT * FROM product;

UPDATE product SET price = 0;

UPDATE product SET id = id, name = upper(name) WHERE id IN (1, 4);
SELECT * FROM offer;

INSERT INTO product VALUES (4, 'new', 1) ON CONFLICT (id) DO UPDATE SET name = excluded.name;
SELECT * FROM offer;

DELETE FROM product WHERE name = 'p4';
DELETE FROM offer WHERE id = 1;
SELECT * FROM part;

INSERT INTO address VALUES ('us', 2, 't'), ('us', 1, 'u');

INSERT INTO address VALUES (NULL, 1, 'u');

DELETE FROM country WHERE code = 'de';

DELETE FROM country WHERE code = 'fr';

DELETE FROM product USING stock WHERE stock.product = product.id;

WITH d AS (DELETE FROM stock WHERE product = 1 RETURNING product) SELECT * FROM d;
DELETE FROM product WHERE id = 1;
SELECT * FROM stock;

BEGIN;
SAVEPOINT s;
DELETE FROM product WHERE id = 1;
ROLLBACK TO s;
DELETE FROM product WHERE id = 3;
SELECT * FROM picture;
COMMIT;

DROP TABLE IF EXISTS later;
CREATE TABLE later (p int);
INSERT INTO later VALUES (1), (88);
ALTER TABLE later ADD CONSTRAINT k FOREIGN KEY (p) REFERENCES product;

DROP TABLE IF EXISTS later;
CREATE TABLE later (p int);
INSERT INTO later VALUES (1), (88);
ALTER TABLE later ADD CONSTRAINT k FOREIGN KEY (p) REFERENCES product NOT VALID;
DELETE FROM later WHERE p = 88;
ALTER TABLE later VALIDATE CONSTRAINT k;
INSERT INTO later VALUES (4);
DELETE FROM product WHERE id = 4;
DROP TABLE later;

ALTER TABLE stock DROP CONSTRAINT stock_product_fkey;
DELETE FROM product WHERE id = 2;
SELECT * FROM stock;

BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM product WHERE id = 2;
COMMIT;
SELECT * FROM stock;

TRUNCATE product;

TRUNCATE country, address;
SELECT * FROM address;

TRUNCATE product CASCADE;
SELECT * FROM stock;
SELECT * FROM wish;
SELECT * FROM part;
