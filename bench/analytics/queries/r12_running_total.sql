-- other: a window over all tenants' days
SELECT day, revenue, sum(revenue) OVER (ORDER BY day) FROM (SELECT date_trunc('day', at AT TIME ZONE 'UTC') AS day,
	sum(amount) AS revenue FROM event GROUP BY 1) days ORDER BY day;
