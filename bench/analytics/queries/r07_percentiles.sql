-- other: ordered sets off the key
SELECT kind, percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration) FROM event GROUP BY kind ORDER BY kind;
