Triggers of distributed tables that inherit from each other: those of the statement fire once, for the table that is named.

--- include cities.tables

--- everywhere
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	RAISE NOTICE '% % % on %', TG_NAME, TG_WHEN, TG_OP, TG_RELNAME; RETURN NULL; END $$;
CREATE FUNCTION tell_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	RAISE NOTICE '% % %: %', TG_NAME, TG_OP, TG_RELNAME, OLD.id = 1; RETURN NULL; END $$;
CREATE FUNCTION tell_old() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
	FOR r IN SELECT o::text AS old FROM olds o ORDER BY 1 LOOP RAISE NOTICE '% was %', TG_NAME, r.old; END LOOP; RETURN NULL; END $$;
CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
	FOR r IN SELECT o::text AS row FROM olds o ORDER BY 1 LOOP RAISE NOTICE '% was %', TG_NAME, r.row; END LOOP;
	FOR r IN SELECT n::text AS row FROM news n ORDER BY 1 LOOP RAISE NOTICE '% is %', TG_NAME, r.row; END LOOP; RETURN NULL; END $$;
CREATE FUNCTION count_people() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	UPDATE other SET people = (SELECT count(*) FROM cities) WHERE id = 1; RETURN NULL; END $$;

--- tables
CREATE TABLE tags (id int PRIMARY KEY, tag text);
CREATE TABLE tags_more (more text) INHERITS (tags);
CREATE TRIGGER before_change BEFORE UPDATE OR DELETE OR INSERT ON cities FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER after_change AFTER UPDATE OR DELETE OR INSERT ON cities FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER before_people BEFORE UPDATE OF people ON cities FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER ports_before BEFORE UPDATE OR DELETE ON ports FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER ports_old AFTER DELETE ON ports REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION tell_old();
CREATE TRIGGER ports_change AFTER UPDATE ON ports REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION tell_change();
CREATE TRIGGER capitals_row AFTER UPDATE OF people OR DELETE ON capitals FOR EACH ROW EXECUTE FUNCTION tell_row();
CREATE TRIGGER sea_row AFTER UPDATE OR DELETE ON sea_ports FOR EACH ROW WHEN (OLD.tenant = 1) EXECUTE FUNCTION tell_row();
CREATE TRIGGER sea_statement AFTER UPDATE OR DELETE ON sea_ports FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER tags_before BEFORE UPDATE OR DELETE ON tags FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER tags_change AFTER UPDATE ON tags REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION tell_change();
CREATE TRIGGER more_before BEFORE UPDATE ON tags_more FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();

--- distribute
SELECT create_reference_table('tags');

--- data
INSERT INTO tags SELECT t, 'tag ' || t FROM generate_series(1, 3) t;
INSERT INTO tags_more SELECT t, 'tag ' || t, 'more ' || t FROM generate_series(3, 5) t;

--- statements
UPDATE cities SET name = upper(name)

UPDATE cities SET people = people + 1 WHERE id = 1 RETURNING tableoid::regclass, *

UPDATE cities SET people = people + 1 WHERE people < 0

DELETE FROM cities WHERE id < 3

DELETE FROM cities WHERE tenant = 3 RETURNING *

UPDATE ONLY cities SET name = 'x' WHERE tenant = 2

UPDATE ports SET depth = depth + 1 WHERE tenant < 4 RETURNING name

UPDATE ports SET tenant = tenant + 1, people = DEFAULT WHERE tenant IN (2, 4)

UPDATE ONLY ports SET depth = 0 WHERE id = 1 AND tenant = 1

DELETE FROM ports WHERE tenant = 1

DELETE FROM ports

UPDATE capitals SET people = 3 WHERE id = 3 AND tenant < 3

DELETE FROM capitals WHERE tenant = 1

UPDATE ports p SET depth = o.id FROM other o WHERE o.people = p.people + 3 RETURNING p.*, o.id

UPDATE ports SET depth = (SELECT max(id) FROM other) WHERE people < (SELECT avg(people) FROM cities) AND tenant < 3

WITH p AS (DELETE FROM ports WHERE tenant < 3 RETURNING tenant, id), c AS (UPDATE capitals c SET name = p.id FROM p WHERE c.tenant = p.tenant AND c.id = p.id RETURNING c.id) SELECT count(*) FROM c

WITH a AS (UPDATE ports SET depth = 7 WHERE tenant = 1 RETURNING *), b AS (UPDATE ports SET depth = 8 WHERE tenant = 2 RETURNING *) SELECT count(*) FROM a, b

UPDATE tags SET tag = tag || '!' WHERE id > 1 RETURNING tableoid::regclass, *

UPDATE tags SET tag = 'tag 3'

DELETE FROM tags WHERE id = 3

CREATE TRIGGER counting AFTER DELETE ON cities FOR EACH STATEMENT EXECUTE FUNCTION count_people();
DELETE FROM cities WHERE people > 20;
SELECT * FROM other WHERE id = 1

CREATE TRIGGER counting BEFORE UPDATE ON cities FOR EACH STATEMENT EXECUTE FUNCTION count_people();
UPDATE cities SET people = 5 WHERE people IN (SELECT people FROM other WHERE id = 1 UNION SELECT 10);
SELECT * FROM other WHERE id = 1;
SELECT count(*) FROM cities WHERE people = 5

ALTER TABLE cities DISABLE TRIGGER before_change;
UPDATE cities SET name = 'x' WHERE id = 2

UPDATE cities SET people = -1 WHERE tenant = 3
