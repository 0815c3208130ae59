-- Fills the tables: :scale 1 is about 1 GB. The values look random and are always the same.

-- a number from 0 to n - 1 for row i; each use has a salt of its own
CREATE FUNCTION draw(i bigint, salt int, n bigint) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN ((hashint8extended(i, salt) & 9223372036854775807) % n)::int;
CREATE FUNCTION one_of(i bigint, salt int, VARIADIC words text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN words[draw(i, salt, cardinality(words)) + 1];
CREATE FUNCTION phone(i bigint, nation int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (10 + nation) || '-' || (100 + draw(i, 901, 900)) || '-' || (100 + draw(i, 902, 900)) || '-' || (1000 + draw(i, 903, 9000));
CREATE FUNCTION price(partkey int) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (90000 + partkey / 10 % 20001 + 100 * (partkey % 1000)) / 100.0;
-- one of the four suppliers of a part
CREATE FUNCTION supplier_of(partkey int, which int, suppliers int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (partkey + which * (suppliers / 4 + (partkey - 1) / suppliers)) % suppliers + 1;

SELECT round(10000 * :scale)::int AS suppliers, round(200000 * :scale)::int AS parts, round(150000 * :scale)::int AS customers,
	round(1500000 * :scale)::int AS orders, round(2000000 * :scale)::int AS events,
	round(1000000 * :scale)::int AS pairs \gset

INSERT INTO region SELECT i - 1, name
	FROM unnest('{AFRICA,AMERICA,ASIA,EUROPE,MIDDLE EAST}'::text[]) WITH ORDINALITY AS t (name, i);
INSERT INTO nation SELECT i - 1, name, ('{0,1,1,1,4,0,3,3,2,2,4,4,2,4,0,0,0,1,2,3,4,2,3,3,1}'::int[])[i]
	FROM unnest('{ALGERIA,ARGENTINA,BRAZIL,CANADA,EGYPT,ETHIOPIA,FRANCE,GERMANY,INDIA,INDONESIA,IRAN,IRAQ,JAPAN,JORDAN,KENYA,
		MOROCCO,MOZAMBIQUE,PERU,CHINA,ROMANIA,SAUDI ARABIA,VIETNAM,RUSSIA,UNITED KINGDOM,UNITED STATES}'::text[])
	WITH ORDINALITY AS t (name, i);
INSERT INTO supplier SELECT i, 'Supplier#' || lpad(i::text, 9, '0'), 'street ' || draw(i, 1, 100000), draw(i, 2, 25),
		phone(i, draw(i, 2, 25)), draw(i, 3, 1100000) / 100.0 - 1000,
		CASE WHEN draw(i, 4, 2000) = 0 THEN 'many Customer Complaints' ELSE 'delivers in time' END
	FROM generate_series(1, :suppliers) i;
INSERT INTO part SELECT i,
		one_of(i, 10, 'almond', 'azure', 'blue', 'coral', 'forest', 'green', 'khaki', 'lemon', 'linen', 'navy', 'olive', 'plum', 'rose',
			'salmon', 'tan', 'white') || ' ' || one_of(i, 11, 'antique', 'chiffon', 'dark', 'deep', 'frosted', 'ghost', 'light', 'pale'),
		'Manufacturer#' || draw(i, 12, 5) + 1, 'Brand#' || draw(i, 12, 5) + 1 || draw(i, 13, 5) + 1,
		one_of(i, 14, 'STANDARD', 'SMALL', 'MEDIUM', 'LARGE', 'ECONOMY', 'PROMO') || ' ' ||
			one_of(i, 15, 'ANODIZED', 'BURNISHED', 'PLATED', 'POLISHED', 'BRUSHED') || ' ' ||
			one_of(i, 16, 'TIN', 'NICKEL', 'BRASS', 'STEEL', 'COPPER'),
		draw(i, 17, 50) + 1,
		one_of(i, 18, 'SM', 'LG', 'MED', 'JUMBO', 'WRAP') || ' ' ||
			one_of(i, 19, 'CASE', 'BOX', 'BAG', 'JAR', 'PKG', 'PACK', 'CAN', 'DRUM'),
		price(i)
	FROM generate_series(1, :parts) i;
INSERT INTO partsupp SELECT i, supplier_of(i, which, :suppliers), draw(4 * i + which, 20, 9999) + 1, draw(4 * i + which, 21, 100000) / 100.0 + 1
	FROM generate_series(1, :parts) i, generate_series(0, 3) which;
INSERT INTO customer SELECT i, 'Customer#' || lpad(i::text, 9, '0'), 'street ' || draw(i, 30, 100000), draw(i, 31, 25),
		phone(i, draw(i, 31, 25)), draw(i, 32, 1100000) / 100.0 - 1000,
		one_of(i, 33, 'AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD'), repeat('buys ', draw(i, 34, 20))
	FROM generate_series(1, :customers) i;
-- a third of the customers have no orders
INSERT INTO orders SELECT i, custkey - custkey % 3 + 1 + custkey % 2,
		CASE WHEN day < 1200 THEN 'F' WHEN day > 1290 THEN 'O' ELSE 'P' END, 1000 + draw(i, 42, 49900000) / 100.0,
		'1992-01-01'::date + day, one_of(i, 43, '1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'), 0,
		CASE WHEN draw(i, 44, 100) = 0 THEN 'special packages, urgent requests' ELSE 'carefully packed' END
	FROM generate_series(1, :orders) i, LATERAL (SELECT draw(i, 40, :customers - 2), draw(i, 41, 2406)) AS t (custkey, day);
INSERT INTO lineitem SELECT i, n, partkey, supplier_of(partkey, draw(l, 54, 4), :suppliers), quantity, quantity * price(partkey),
		draw(l, 56, 11) / 100.0, draw(l, 57, 9) / 100.0,
		CASE WHEN shipped + 15 > '1995-06-17' THEN 'N' WHEN draw(l, 58, 2) = 0 THEN 'R' ELSE 'A' END,
		CASE WHEN shipped > '1995-06-17' THEN 'O' ELSE 'F' END,
		shipped, ordered + 30 + draw(l, 59, 61), shipped + 1 + draw(l, 60, 30),
		one_of(l, 61, 'DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'),
		one_of(l, 62, 'REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'), repeat('to pack ', draw(l, 63, 6))
	FROM generate_series(1, :orders) i, generate_series(1, draw(i, 50, 7) + 1) n,
		LATERAL (SELECT 8::bigint * i + n) AS a (l),
		LATERAL (SELECT '1992-01-01'::date + draw(i, 41, 2406)) AS b (ordered),
		LATERAL (SELECT draw(l, 51, :parts) + 1, draw(l, 52, 50) + 1, ordered + 1 + draw(l, 53, 121)) AS c (partkey, quantity, shipped);
-- small tenants are many: a fifth of the events is of the biggest ten of a thousand
INSERT INTO event SELECT tenant, i, 1000 * tenant + draw(i, 73, 50 + 20000 / (tenant + 20)),
		'2026-01-01 00:00+00'::timestamptz + make_interval(secs => draw(i, 74, 7776000)),
		one_of(i, 75, 'view', 'view', 'view', 'view', 'view', 'view', 'search', 'search', 'add to cart', 'add to cart', 'sign up', 'buy'),
		CASE WHEN one_of(i, 75, 'view', 'view', 'view', 'view', 'view', 'view', 'search', 'search', 'add to cart', 'add to cart', 'sign up',
			'buy') = 'buy' THEN draw(i, 76, 50000) / 100.0 END,
		draw(i, 77, 100000) / 1000.0, '/page/' || draw(i, 78, 500)
	FROM generate_series(1, :events) i,
		LATERAL (SELECT CASE WHEN draw(i, 70, 5) = 0 THEN draw(i, 71, 10) ELSE draw(i, 72, 1000) END + 1) AS t (tenant);
INSERT INTO lefthand SELECT i, draw(i, 80, :pairs) + 1, draw(i, 81, 1000) FROM generate_series(1, :pairs) i;
INSERT INTO righthand SELECT i, draw(i, 82, :pairs) + 1, draw(i, 83, 1000) FROM generate_series(1, :pairs) i;
VACUUM ANALYZE;
