-- pushable: distinct off the key
SELECT kind, count(DISTINCT user_id), count(*) FROM event GROUP BY kind ORDER BY kind;
