-- pushable: distinct off the key
SELECT count(DISTINCT user_id) FROM event;
