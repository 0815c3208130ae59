-- other: lines and their parts
SELECT round(100 * sum(l_extendedprice * (1 - l_discount)) FILTER (WHERE p_type LIKE 'PROMO%') /
	sum(l_extendedprice * (1 - l_discount)), 6)
FROM lineitem JOIN part ON l_partkey = p_partkey WHERE l_shipdate >= '1995-09-01' AND l_shipdate < '1995-10-01';
