-- pushable: one table
SELECT kind, stddev(amount), variance(duration::numeric), corr(duration, event_id) IS NOT NULL FROM event GROUP BY kind ORDER BY kind;
