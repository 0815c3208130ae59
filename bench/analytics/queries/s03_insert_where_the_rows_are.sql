-- pushable: the key is the source's
TRUNCATE target;
INSERT INTO target SELECT id, other, value FROM lefthand;
