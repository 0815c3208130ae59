-- DDL on exclusion constraints, which each shard has by itself, and on columns of foreign keys. Run from two nodes, with
-- the same answers.
\set SHOW_CONTEXT never
SET search_path = public, ddl;

-- a constraint that the table had before, with names that are long and odd
CREATE TABLE stays (hotel int, room int, night int, guest int,
	CONSTRAINT "One guest" EXCLUDE USING btree (hotel WITH =, room WITH =, night WITH =),
	CONSTRAINT a_guest_sleeps_in_one_room_of_one_hotel_only_of_any_such_night EXCLUDE USING btree (hotel WITH =, guest WITH =, night WITH =) DEFERRABLE);
SELECT create_distributed_table('stays', 'hotel', 4);
INSERT INTO stays SELECT i % 10, i, i % 3, i FROM generate_series(1, 100) i;
INSERT INTO stays VALUES (1, 1, 1, 1000);
INSERT INTO stays VALUES (1, 1000, 1, 1);
ALTER INDEX "One guest" RENAME TO one_guest;
INSERT INTO stays VALUES (1, 1, 1, 1000);
ALTER INDEX one_guest SET (fillfactor = 70);
SELECT DISTINCT reloptions FROM pg_class WHERE relname LIKE 'one_guest%';
REINDEX INDEX one_guest;
CLUSTER stays USING one_guest;
CLUSTER stays;
ALTER TABLE stays ALTER room TYPE bigint;
INSERT INTO stays VALUES (1, 1, 1, 1000);
ALTER TABLE stays RENAME CONSTRAINT a_guest_sleeps_in_one_room_of_one_hotel_only_of_any_such_night
	TO a_guest_sleeps_in_one_room_of_one_hotel_only_of_every_night;
INSERT INTO stays VALUES (1, 1000, 1, 1);
ALTER TABLE stays DROP CONSTRAINT a_guest_sleeps_in_one_room_of_one_hotel_only_of_every_night;
INSERT INTO stays VALUES (1, 1000, 1, 1);
ALTER TABLE stays DROP CONSTRAINT one_guest;
INSERT INTO stays VALUES (1, 1, 1, 1000);
SELECT * FROM table_differences('stays');

-- the same by ALTER TABLE
ALTER TABLE stays ADD CONSTRAINT once EXCLUDE USING btree (hotel WITH =, room WITH =, night WITH =, guest WITH =);
ALTER INDEX once SET (fillfactor = 50);
REINDEX INDEX once;
CLUSTER stays USING once;
ALTER INDEX once RENAME TO "Once more";
INSERT INTO stays VALUES (1, 1, 1, 1000);
DROP TABLE stays;

-- types of columns of foreign keys
CREATE TABLE countries (id int PRIMARY KEY);
CREATE TABLE hotels (hotel int, id int, PRIMARY KEY (hotel, id));
CREATE TABLE rooms (hotel int, id int, floor int, country int REFERENCES countries);
INSERT INTO countries SELECT generate_series(1, 3);
INSERT INTO hotels SELECT i % 5, i FROM generate_series(1, 20) i;
INSERT INTO rooms SELECT i % 5, i, i, i % 3 + 1 FROM generate_series(1, 20) i;
ALTER TABLE rooms ADD CONSTRAINT second FOREIGN KEY (hotel, id) REFERENCES hotels ON DELETE CASCADE;
ALTER TABLE rooms ADD CONSTRAINT first FOREIGN KEY (hotel, floor) REFERENCES hotels ON DELETE RESTRICT;
BEGIN;
SELECT create_reference_table('countries');
SELECT create_distributed_table('hotels', 'hotel', 4);
SELECT create_distributed_table('rooms', 'hotel', 4);
COMMIT;
ALTER TABLE rooms ALTER id TYPE bigint;
ALTER TABLE rooms ALTER floor TYPE bigint USING floor + 0;
ALTER TABLE rooms ALTER country TYPE smallint;
ALTER TABLE hotels ALTER id TYPE bigint;
ALTER TABLE countries ALTER id TYPE bigint;
ALTER TABLE rooms ALTER floor TYPE int USING CASE id WHEN 7 THEN 107 ELSE floor END;
SELECT * FROM table_differences('rooms');
SELECT * FROM table_differences('hotels');
INSERT INTO rooms VALUES (1, 21, 21, 1);
INSERT INTO rooms VALUES (1, 1, 1, 4);
-- actions are carried out in the order in which the keys were created
DELETE FROM hotels WHERE hotel = 1;
DELETE FROM hotels WHERE id = 2;
SELECT hotel, count(*) FROM rooms GROUP BY hotel ORDER BY hotel;
DROP TABLE rooms, hotels, countries;
