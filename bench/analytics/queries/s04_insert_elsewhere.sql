-- other: every row goes to another shard
TRUNCATE target;
INSERT INTO target SELECT other, id, value FROM lefthand;
