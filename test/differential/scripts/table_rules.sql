Rules of tables: each of their statements fires the triggers of its own target.

--- everywhere
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	RAISE NOTICE '% % % %', TG_NAME, TG_WHEN, TG_OP, TG_TABLE_NAME; RETURN NULL; END $$;
CREATE FUNCTION tell_news() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
	FOR r IN SELECT n::text AS new FROM news n ORDER BY 1 LOOP RAISE NOTICE '% % %', TG_NAME, TG_OP, r.new; END LOOP; RETURN NULL; END $$;

--- tables
CREATE TABLE ruled (id int, k int, w int);
CREATE TABLE alike (id int, k int, w int);
CREATE TABLE texts (z text);
CREATE TABLE quiet (z text, n int);
CREATE TABLE top (k int, v int);
CREATE TABLE sub (note text) INHERITS (top);
CREATE TRIGGER ruled_before BEFORE INSERT OR UPDATE OR DELETE ON ruled FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER ruled_k AFTER UPDATE OF k ON ruled FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER ruled_row AFTER UPDATE OF w ON ruled FOR EACH ROW EXECUTE FUNCTION tell();
CREATE TRIGGER alike_before BEFORE INSERT OR UPDATE OR DELETE ON alike FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER alike_news AFTER INSERT ON alike REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION tell_news();
CREATE TRIGGER texts_after AFTER INSERT OR UPDATE OR DELETE ON texts FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER top_before BEFORE UPDATE OF v ON top FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER sub_before BEFORE UPDATE ON sub FOR EACH STATEMENT EXECUTE FUNCTION tell();

--- distribute
SELECT create_distributed_table('ruled', 'id');
SELECT create_distributed_table('alike', 'id');
SELECT create_distributed_table('texts', 'z');
SELECT create_distributed_table('quiet', 'z');
SELECT create_distributed_table('top', 'k');

--- data
INSERT INTO top SELECT i, i FROM generate_series(1, 5) i;
INSERT INTO sub SELECT i, i, 'sub' FROM generate_series(3, 8) i;

--- after
CREATE RULE deleted AS ON DELETE TO ruled DO ALSO INSERT INTO alike VALUES (OLD.id, OLD.k, 1);
CREATE RULE updated AS ON UPDATE TO ruled DO ALSO (UPDATE alike SET w = NEW.k WHERE id = OLD.id; INSERT INTO texts VALUES (OLD.k || '>' || NEW.k));
CREATE RULE inserted AS ON INSERT TO ruled DO ALSO UPDATE ruled SET k = k + 1000 WHERE NEW.w % 3 = 1 AND id = NEW.id;
CREATE RULE instead AS ON DELETE TO texts DO INSTEAD DELETE FROM alike WHERE alike.k::text = left(OLD.z, 1);
CREATE RULE inherited AS ON DELETE TO alike DO ALSO UPDATE top SET v = v + 1 WHERE k = OLD.id;
CREATE RULE noted AS ON DELETE TO quiet DO ALSO INSERT INTO ruled VALUES (OLD.n, OLD.n, OLD.n);

--- statements
INSERT INTO ruled VALUES (${1|7:int}, 1, ${1|2:int});
SELECT * FROM ruled ORDER BY 1, 2, 3;
SELECT * FROM texts ORDER BY 1;

INSERT INTO ruled SELECT i, i, i FROM generate_series(2, 9) i;
DELETE FROM ruled WHERE id < 6;
SELECT * FROM alike ORDER BY 1, 2, 3;
UPDATE ruled SET k = w + 1 WHERE id > 6;
UPDATE ruled SET w = 7 WHERE id = 8;
SELECT * FROM ruled ORDER BY 1, 2, 3;
SELECT * FROM alike ORDER BY 1, 2, 3;
DELETE FROM texts WHERE z > '1';
DELETE FROM alike;
SELECT tableoid::regclass, * FROM top ORDER BY 2, 3, 1;

INSERT INTO quiet SELECT 'q' || i, i + 20 FROM generate_series(1, 6) i;
DELETE FROM quiet WHERE n < 24;
SELECT * FROM ruled ORDER BY 1, 2, 3;
DELETE FROM ruled WHERE id = ${21:int};
SELECT * FROM alike ORDER BY 1, 2, 3;
