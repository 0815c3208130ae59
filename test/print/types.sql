-- Types, functions and the like, which live in the same schema on every node.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (x int, y text);
CREATE TYPE nest AS (p pair, n int[]);
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE DOMAIN ints AS int[] CHECK (array_length(VALUE, 1) < 10);
CREATE DOMAIN named AS text DEFAULT 'domain default';
CREATE SEQUENCE seq;
CREATE SCHEMA ops;
CREATE FUNCTION ops.near(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT abs($1 - $2) <= 1';
CREATE OPERATOR ops.=~= (LEFTARG = int, RIGHTARG = int, FUNCTION = ops.near);
CREATE OPERATOR ops.= (LEFTARG = int, RIGHTARG = int, FUNCTION = ops.near);
CREATE FUNCTION ops.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'ops:' || $1 $$;
CREATE AGGREGATE ops.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION stable_one() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
CREATE FUNCTION stable_of(int) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1; END';
CREATE FUNCTION volatile_one() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END';
CREATE FUNCTION immutable_of(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * 2; END';
CREATE FUNCTION pairs(int) RETURNS SETOF pair LANGUAGE sql IMMUTABLE AS $$ SELECT i, 'p' || i FROM generate_series(1, $1) i $$;
CREATE FUNCTION records(int) RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$ SELECT i, 'r' || i FROM generate_series(1, $1) i $$;
CREATE FUNCTION variadic_sum(VARIADIC ints int[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT sum(i) FROM unnest($1) i';
CREATE FUNCTION with_defaults(a int, b int DEFAULT 10, c text DEFAULT 'z') RETURNS text LANGUAGE sql IMMUTABLE
	AS $$ SELECT $1 || ':' || $2 || ':' || $3 $$;
