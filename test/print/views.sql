-- What is defined on the logical tables, and so expanded before printing.
CREATE VIEW v AS SELECT k, a, b FROM t WHERE a > 0;
CREATE VIEW v_renamed AS SELECT k AS one, a + 1 AS two FROM t;
ALTER VIEW v_renamed RENAME COLUMN two TO deux;
CREATE VIEW v_check AS SELECT k, a FROM t WHERE a < 100 WITH CHECK OPTION;
CREATE VIEW v_barrier WITH (security_barrier) AS SELECT * FROM t WHERE a = 1;
CREATE VIEW v_agg AS SELECT a, count(*) AS n, sum(c) AS total FROM t GROUP BY a;
CREATE VIEW v_union AS SELECT k, 't' AS src FROM t UNION ALL SELECT x, 'u' FROM u;
ALTER VIEW v_union RENAME COLUMN src TO origin;
CREATE VIEW v_join AS SELECT t.k, u.x, u.y FROM t JOIN u USING (k);
CREATE VIEW v_row AS SELECT t, t.k FROM t;
CREATE VIEW v_reorder AS SELECT b AS bb, k AS kk, a AS aa FROM t;
CREATE VIEW v_ruled AS SELECT k, x FROM u;
CREATE RULE ins AS ON INSERT TO v_ruled DO INSTEAD INSERT INTO u (k, x) SELECT NEW.k, NEW.x WHERE NEW.x > 5;
CREATE RULE upd AS ON UPDATE TO v_ruled DO INSTEAD UPDATE u SET x = NEW.x WHERE k = OLD.k;
CREATE VIEW v_deep AS SELECT v.k, v_agg.n, v_union.origin FROM v LEFT JOIN v_agg USING (a) JOIN v_union ON v_union.k = v.k;
CREATE VIEW v_cte AS WITH w (k, total) AS (SELECT k, sum(x) FROM u GROUP BY k) SELECT t.k, w.total FROM t LEFT JOIN w USING (k);
CREATE VIEW v_deep2 AS SELECT kk, bb AS b FROM v_reorder WHERE aa < 3;
