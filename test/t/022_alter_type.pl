# ALTER TYPE and ALTER DOMAIN reach the other nodes, in all forms in which the grammar names a type by a list.
use strict;
use warnings;

use DistshardCluster;
use Test::More;

my $cluster = DistshardCluster->new(workers => 1);
$cluster->coordinator->safe_psql('postgres', <<'END');
CREATE TYPE e AS ENUM ('a');
CREATE DOMAIN d AS int CONSTRAINT c CHECK (VALUE > 0);
CREATE TABLE t (id int PRIMARY KEY, e e, d d);
SELECT create_distributed_table('t', 'id');
ALTER TYPE e OWNER TO CURRENT_USER;
ALTER DOMAIN d OWNER TO CURRENT_USER;
ALTER DOMAIN d RENAME CONSTRAINT c TO c2;
ALTER TYPE e RENAME TO e2;
ALTER DOMAIN d RENAME TO d2;
CREATE SCHEMA other;
ALTER TYPE e2 SET SCHEMA other;
ALTER DOMAIN d2 SET SCHEMA other;
ALTER TYPE other.e2 RENAME VALUE 'a' TO 'b';
END

is($cluster->node(2)->safe_psql('postgres', q{
	SELECT string_agg(attname || ' ' || atttypid::regtype, ', ' ORDER BY attnum),
		(SELECT conname FROM pg_constraint WHERE contypid = 'other.d2'::regtype),
		(SELECT enumlabel FROM pg_enum WHERE enumtypid = 'other.e2'::regtype)
	FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0}),
	'id integer, e other.e2, d other.d2|c2|b', 'the types are the same on another node');

done_testing();
