# How nodes plan their fragments: co-located tables are joined shard by shard, and nodes of one host share its parallel
# workers when they all work for one statement, and only then.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 1, conf => "parallel_setup_cost = 0
parallel_tuple_cost = 0
min_parallel_table_scan_size = 0
max_parallel_workers_per_gather = 2
");
my $coordinator = $cluster->coordinator;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int, v int, filler text);
	SELECT create_distributed_table('t', 'k', shard_count => 4);
	INSERT INTO t SELECT i, i, repeat('x', 500) FROM generate_series(1, 1000) i;
	ANALYZE t;
});

# How many workers each Gather of the plan that is shown wants.
sub workers_planned
{
	my ($statement) = @_;
	my $plan = $coordinator->safe_psql($db, "EXPLAIN (COSTS OFF) $statement");
	return join(' ', $plan =~ /Workers Planned: (\d+)/g);
}

my $all = 'SELECT sum(v) FROM t';
is(workers_planned($all), '1', 'two nodes have one worker each (the plan of one is shown)');

my @one_shard = map { workers_planned("SELECT sum(v) FROM t WHERE k = $_") } 1 .. 20;
is_deeply(\@one_shard, [ ('2') x 20 ], 'a statement for one shard has its host for itself');

my $by_shard = qr/Append.*\n\s+-> +(Parallel )?(Nested Loop|Merge Join|Hash Join)/;
$coordinator->safe_psql($db, q{
	CREATE TABLE few (k int, v int);
	CREATE TABLE many (k int, v int);
	CREATE TABLE many_more (LIKE many);
	SELECT create_distributed_table('few', 'k', shard_count => 4);
	SELECT create_distributed_table('many', 'k', shard_count => 66);
	SELECT create_distributed_table('many_more', 'k', colocate_with => 'many');
});
my $join = 'EXPLAIN (COSTS OFF) SELECT count(*) FROM %s a JOIN %s b USING (k)';
like($coordinator->safe_psql($db, sprintf($join, 't', 'few')), $by_shard, 'a join of few shards');
unlike($coordinator->safe_psql($db, sprintf($join, 'many', 'many_more')), $by_shard, 'a join of many shards');

for my $node ($cluster->nodes)
{
	$node->append_conf('postgresql.conf', 'max_parallel_workers_per_gather = 1');
	$node->restart;
}
is(workers_planned($all), '', 'one worker cannot be shared by two');
is($coordinator->safe_psql($db, $all), '500500', 'the answer is the same');
is($coordinator->safe_psql($db, "SET max_parallel_workers_per_gather = 2; $all; SHOW max_parallel_workers_per_gather"), "500500\n2",
	"the session's setting stays");

done_testing();
