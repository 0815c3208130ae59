-- other: customers and their orders
SELECT cntrycode, count(*), sum(c_acctbal)
FROM (SELECT left(c_phone, 2) AS cntrycode, c_acctbal FROM customer
		WHERE left(c_phone, 2) IN ('13', '31', '23', '29', '30', '18', '17')
			AND c_acctbal > (SELECT avg(c_acctbal) FROM customer WHERE c_acctbal > 0
				AND left(c_phone, 2) IN ('13', '31', '23', '29', '30', '18', '17'))
			AND NOT EXISTS (SELECT FROM orders WHERE o_custkey = c_custkey)) custsale
GROUP BY 1 ORDER BY 1;
