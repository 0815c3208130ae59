Policies of row-level security that read other distributed tables.

--- include shop.tables

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;
DO $$ BEGIN IF to_regrole('bob') IS NULL THEN CREATE ROLE bob LOGIN; END IF; END $$;

--- tables
CREATE TABLE members (tenant int, who text, may_write bool, hidden bool, PRIMARY KEY (tenant, who));
CREATE TABLE papers (tenant int, id int, owner text, body text, PRIMARY KEY (tenant, id));
CREATE TABLE drafts (tenant int, id int, body text, PRIMARY KEY (tenant, id));
CREATE TABLE kinds (kind text PRIMARY KEY, open_to text);
CREATE TABLE things (tenant int, kind text, body text);
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers ENABLE ROW LEVEL SECURITY;
ALTER TABLE drafts ENABLE ROW LEVEL SECURITY;
ALTER TABLE things ENABLE ROW LEVEL SECURITY;
CREATE POLICY not_hidden ON members USING (NOT hidden);
CREATE POLICY readers ON papers FOR SELECT
	USING (EXISTS (SELECT FROM members m WHERE m.tenant = papers.tenant AND m.who = current_user));
CREATE POLICY writers ON papers FOR ALL
	USING (owner = current_user OR tenant IN (SELECT m.tenant FROM members m WHERE m.who = current_user AND m.may_write))
	WITH CHECK ((SELECT m.may_write FROM members m WHERE m.tenant = papers.tenant AND m.who = current_user));
CREATE POLICY of_papers ON drafts
	USING (EXISTS (SELECT FROM papers p WHERE p.tenant = drafts.tenant AND p.id = drafts.id));
CREATE POLICY open_kinds ON things USING (kind IN (SELECT k.kind FROM kinds k WHERE k.open_to = current_user)
	AND (SELECT count(*) FROM members m WHERE m.tenant = things.tenant) > 0);
CREATE TABLE letters (id int PRIMARY KEY, tenant int, body text);
ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
CREATE POLICY to_members ON letters USING (EXISTS (SELECT FROM members m WHERE m.tenant = letters.tenant AND m.who = current_user));
CREATE POLICY not_long ON letters AS RESTRICTIVE FOR INSERT WITH CHECK (length(body) < 20);
CREATE TABLE boards (id int PRIMARY KEY, body text);
ALTER TABLE boards ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_letters ON boards USING (id IN (SELECT l.id FROM letters l));
CREATE TABLE desks (tenant int, id int, owner text, PRIMARY KEY (tenant, id));
CREATE TABLE rooms (id int PRIMARY KEY, owner text);
ALTER TABLE desks ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON desks FOR SELECT USING (id < 8);
CREATE POLICY changed ON desks FOR UPDATE USING (owner = current_user);
CREATE POLICY never ON desks AS RESTRICTIVE FOR UPDATE TO bob USING (id > 100);
CREATE POLICY gone ON desks FOR DELETE USING (id % 2 = 1);
ALTER TABLE rooms ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON rooms FOR SELECT USING (id < 8);
CREATE POLICY changed ON rooms FOR UPDATE USING (owner = current_user);
CREATE POLICY never ON rooms AS RESTRICTIVE FOR UPDATE TO bob USING (id > 100);
CREATE POLICY gone ON rooms FOR DELETE USING (id % 2 = 1);
GRANT SELECT, INSERT, UPDATE, DELETE ON members, papers, drafts, kinds, things, letters, boards, users, orders, desks, rooms TO ann, bob;

--- distribute
SELECT create_reference_table('kinds');
SELECT create_distributed_table('members', 'tenant', colocate_with => 'users');
SELECT create_distributed_table('papers', 'tenant', colocate_with => 'users');
SELECT create_distributed_table('drafts', 'tenant', colocate_with => 'users');
SELECT create_distributed_table('things', 'tenant', colocate_with => 'users');
SELECT create_distributed_table('letters', 'id', colocate_with => 'users');
SELECT create_reference_table('boards');
SELECT create_distributed_table('desks', 'tenant', colocate_with => 'users');
SELECT create_reference_table('rooms');

--- data
INSERT INTO members SELECT t, w, t % 2 = 0, t = 6 FROM generate_series(1, 9) t, (VALUES ('ann'), ('bob')) v (w) WHERE (w = 'ann') = (t < 7) OR t = 4;
INSERT INTO papers SELECT t, i, CASE WHEN i = 1 THEN 'bob' ELSE 'ann' END, 'paper ' || t || '-' || i FROM generate_series(1, 9) t, generate_series(1, 3) i;
INSERT INTO drafts SELECT t, i, 'draft ' || t || '-' || i FROM generate_series(1, 9) t, generate_series(2, 5) i;
INSERT INTO kinds VALUES ('open', 'ann'), ('closed', 'bob');
INSERT INTO things SELECT t, k, k || ' ' || t FROM generate_series(1, 12) t, (VALUES ('open'), ('closed')) v (k);
INSERT INTO letters SELECT i, i % 10, 'letter ' || i FROM generate_series(1, 40) i;
INSERT INTO boards SELECT i, 'board ' || i FROM generate_series(1, 9) i;
INSERT INTO desks SELECT t, i, (ARRAY['ann', 'bob'])[1 + (t + i / 2) % 2] FROM generate_series(1, 4) t, generate_series(1, 9) i;
INSERT INTO rooms SELECT i, (ARRAY['ann', 'bob'])[1 + i / 2 % 2] FROM generate_series(1, 9) i;

--- statements

SET ROLE ann;
SELECT tenant, id, body FROM papers ORDER BY 1, 2;
SELECT count(*), min(tenant), max(body) FROM papers;
SELECT tenant, count(*) FROM papers GROUP BY tenant ORDER BY 1;
SELECT * FROM papers WHERE tenant = 4 ORDER BY id;
SELECT * FROM papers WHERE tenant IN (3, 4, 8) ORDER BY tenant, id;
SELECT id, count(*) FROM papers GROUP BY id ORDER BY 1;
SELECT p.body, u.name FROM papers p JOIN users u USING (tenant) WHERE u.id = p.id ORDER BY 1;
SELECT p.body, d.body FROM papers p JOIN drafts d USING (tenant, id) ORDER BY 1;
SELECT p.body, o.total FROM papers p JOIN orders o ON o.id = p.id AND o.tenant = 2 ORDER BY 1, 2;
SELECT * FROM drafts ORDER BY 1, 2;
SELECT * FROM things ORDER BY 1, 2;
SELECT * FROM users WHERE tenant IN (SELECT tenant FROM papers WHERE id = 1) ORDER BY 1, 2;
WITH w AS (SELECT tenant FROM papers) SELECT count(*) FROM w a, w b WHERE a.tenant = b.tenant;
SELECT tenant, row_number() OVER (ORDER BY tenant, id) FROM papers ORDER BY 2;
SELECT tenant FROM papers WHERE id = 1 FOR UPDATE;

SET ROLE bob;
SELECT tenant, id, body FROM papers ORDER BY 1, 2;
SELECT count(*) FROM drafts;
SELECT * FROM things ORDER BY 1, 2;

SET ROLE ann;
UPDATE papers SET body = body || '!' RETURNING tenant, id, body;
UPDATE papers SET body = body || '!' WHERE tenant IN (SELECT tenant FROM members WHERE may_write) RETURNING tenant, id, body;
UPDATE papers SET body = 'x' WHERE tenant = 4 RETURNING id;
UPDATE papers SET body = 'x' WHERE tenant = 3 AND id = 2;

SET ROLE ann;
UPDATE papers SET body = (SELECT max(note) FROM orders o WHERE o.tenant = papers.tenant) WHERE tenant < 3;

SET ROLE ann;
INSERT INTO papers VALUES (2, 10, 'ann', 'new'), (4, 10, 'ann', 'new') RETURNING *;
INSERT INTO papers VALUES (3, 10, 'ann', 'new');
INSERT INTO papers VALUES (8, 10, 'ann', 'new');
INSERT INTO papers SELECT tenant, id + 20, owner, body FROM papers WHERE tenant IN (2, 4);
INSERT INTO papers SELECT tenant, 30, 'ann', body FROM drafts WHERE id = 2 AND tenant IN (2, 4);
INSERT INTO papers VALUES (2, 1, 'ann', 'again') ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body RETURNING *;
SELECT count(*) FROM papers;

SET ROLE ann;
DELETE FROM papers WHERE id = 3 RETURNING tenant, id;
DELETE FROM papers USING users u WHERE u.tenant = papers.tenant AND u.id = papers.id AND u.id = 2 RETURNING papers.tenant;
DELETE FROM papers;
RESET ROLE;
SELECT tenant, id FROM papers ORDER BY 1, 2;

MERGE INTO papers p USING users u ON p.tenant = u.tenant AND p.id = u.id WHEN MATCHED AND u.id = 1 THEN UPDATE SET body = u.name;
SET ROLE bob;
MERGE INTO papers p USING users u ON p.tenant = u.tenant AND p.id = u.id AND u.tenant = 8 WHEN MATCHED THEN UPDATE SET body = u.name;
SELECT * FROM papers WHERE tenant = 8 ORDER BY id;

PREPARE p (int) AS SELECT count(*) FROM papers WHERE id < $1;
SET ROLE ann;
EXECUTE p (2);
EXECUTE p (4);
SET ROLE bob;
EXECUTE p (2);
EXECUTE p (4);

-- needs rows of other nodes
SET ROLE ann;
SELECT * FROM letters ORDER BY id;
SELECT tenant, count(*), max(body) FROM letters GROUP BY tenant ORDER BY 1;
SELECT body FROM letters WHERE id = ${4|8:int};
SELECT id, 36 / (tenant - 9) FROM letters WHERE 36 / (tenant - 8) < 0 ORDER BY id;
SELECT l, l.tableoid::regclass, l.ctid IS NULL FROM letters l WHERE id < 4 ORDER BY id;
SELECT l.id, p.body, u.name FROM letters l JOIN papers p USING (tenant, id) LEFT JOIN users u ON u.id = l.id AND u.tenant = l.tenant ORDER BY 1;
SELECT a.id, b.id FROM letters a LEFT JOIN letters b ON b.id = a.id + 10 ORDER BY 1;
SELECT id FROM papers p WHERE (SELECT count(*) FROM letters l WHERE l.tenant = p.tenant AND l.id > p.id) = 4 ORDER BY tenant, id;
WITH w AS (SELECT tenant FROM letters WHERE id > 20) SELECT tenant FROM w UNION SELECT tenant FROM drafts ORDER BY 1;
INSERT INTO things SELECT tenant, 'open', body FROM letters WHERE tenant = 2 RETURNING *;
UPDATE orders SET note = l.body FROM letters l WHERE l.id = orders.id RETURNING tenant, id, note;
SELECT body FROM letters l WHERE id = 1 FOR UPDATE;
SELECT id FROM letters WHERE id < 14 ORDER BY id FOR UPDATE;
SELECT l.id, p.body FROM letters l JOIN papers p USING (tenant, id) ORDER BY 1 FOR SHARE OF l;

SET ROLE ann;
SELECT * FROM boards ORDER BY id;
UPDATE boards SET body = body || '!' RETURNING *;
DELETE FROM boards WHERE body LIKE '%2%' RETURNING *;
INSERT INTO boards VALUES (11, 'eleven'), (12, 'twelve') RETURNING *;
INSERT INTO boards VALUES (18, 'eighteen');

SET ROLE ann;
UPDATE letters SET body = 'mine' WHERE id = ${1|8:int} RETURNING *;
UPDATE letters SET body = body || '!';
UPDATE letters l SET body = p.body FROM papers p WHERE p.tenant = l.tenant AND p.id = l.id RETURNING l.id, l.body, p.owner;
UPDATE letters SET id = id + 100 WHERE id BETWEEN 10 AND 14 RETURNING id, tenant;
UPDATE letters SET tenant = (SELECT min(m.tenant) FROM members m) WHERE id > 30 RETURNING *;
WITH u AS (UPDATE letters SET body = 'x' WHERE tenant = 2 RETURNING id), d AS (DELETE FROM letters WHERE tenant = 3 RETURNING id) SELECT * FROM u UNION ALL SELECT * FROM d ORDER BY 1;
DELETE FROM letters WHERE id < 20 AND 36 / (tenant - 8) < 0 RETURNING id;
DELETE FROM letters USING users u WHERE u.tenant = letters.tenant AND u.id = letters.id;
RESET ROLE;
SELECT * FROM letters ORDER BY id;

SET ROLE ann;
UPDATE letters SET tenant = 8 WHERE id = 1;
UPDATE letters SET tenant = 8 WHERE id = 8;

SET ROLE ann;
INSERT INTO letters VALUES (101, 1, 'new'), (102, 2, 'new') RETURNING *;
INSERT INTO letters VALUES (103, 3, 'new');
INSERT INTO letters SELECT 200 + id, tenant, body FROM papers WHERE tenant < 4 RETURNING *;
INSERT INTO letters VALUES (104, 8, 'new');
INSERT INTO letters VALUES (104, 3, 'this one has a body that is too long');
INSERT INTO letters SELECT 300 + 100 * tenant + id, tenant, name FROM users;

SET ROLE bob;
INSERT INTO letters VALUES (105, 8, 'new') RETURNING id;
UPDATE letters SET tenant = 1 WHERE id = 105;

-- the key changes
SET ROLE ann;
UPDATE papers SET tenant = 2 WHERE tenant = 4 AND id > 2 RETURNING *;
UPDATE papers SET tenant = tenant + 2, id = id + 50 WHERE tenant = 2 RETURNING *;
UPDATE papers SET tenant = 3, id = 70 WHERE tenant = 4 AND id = 1;

PREPARE p (int, int) AS UPDATE letters SET body = 'p' WHERE tenant = $1 AND id > $2 RETURNING id;
SET ROLE ann;
EXECUTE p (1, 5);
EXECUTE p (2, 5);
SET ROLE bob;
EXECUTE p (1, 5);
EXECUTE p (8, 5);

RESET ROLE;
REVOKE SELECT ON letters FROM ann;
GRANT SELECT (id) ON letters TO ann;
SET ROLE ann;
SELECT count(id) FROM letters;
SELECT count(body) FROM letters;

SET ROLE bob;
SELECT count(*), min(body) FROM letters;

-- policies that differ from command to command
SET ROLE ann;
DELETE FROM desks WHERE tenant = 1 AND id < 3 RETURNING tenant, id;
DELETE FROM desks WHERE id < 4 RETURNING tenant, id, (SELECT count(*) FROM users);
DELETE FROM rooms WHERE id IN (SELECT id FROM users) RETURNING id;
UPDATE desks SET owner = owner RETURNING tenant, id, (SELECT count(*) FROM users);
UPDATE rooms SET owner = owner WHERE id NOT IN (SELECT user_id FROM orders WHERE user_id > 6) RETURNING *;

SET ROLE bob;
DELETE FROM desks WHERE id < 6 AND tenant > 1 RETURNING tenant, id, (SELECT count(*) FROM users);
DELETE FROM desks USING orders o WHERE o.user_id = desks.id + 2 AND desks.tenant < 3 RETURNING desks.*;
DELETE FROM rooms WHERE id + 3 IN (SELECT tenant FROM users) RETURNING *;
UPDATE desks SET owner = owner RETURNING tenant, id, (SELECT count(*) FROM users);
DELETE FROM desks RETURNING (SELECT max(id) FROM users), desks;

RESET ROLE;
SELECT * FROM desks;
SELECT * FROM rooms;
