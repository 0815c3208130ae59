# Far more clients on a coordinator than its workers have connections: all are served, by turns.
# Runs alone.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 3, conf => "max_connections = 100\nshared_buffers = 16MB\nfsync = off\n");
my ($coordinator, @workers) = $cluster->nodes;
my $db = 'postgres';
my $clients = 500;

$coordinator->append_conf('postgresql.conf', "max_connections = 600\ndistshard.connection_turn = '200ms'");
$coordinator->restart;
$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int NOT NULL);
	SELECT create_distributed_table('t', 'k');
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 10000) i;
});

# Rows are locked in the order of their keys, so that there are no deadlocks.
my $dir = $coordinator->basedir;
append_to_file("$dir/one.sql", '\set k random(1, 10000)
UPDATE t SET v = v WHERE k = :k;
');
append_to_file("$dir/two.sql", '\set k random(1, 10000)
\set l random(1, 10000)
BEGIN;
UPDATE t SET v = v + 1 WHERE k = least(:k, :l);
UPDATE t SET v = v - 1 WHERE k = greatest(:k, :l);
COMMIT;
');
append_to_file("$dir/all.sql", 'SELECT sum(v) FROM t WHERE k < 100;
');

my ($out, $err) = ('', '');
my $run = IPC::Run::start(
	[ 'pgbench', '-n', '-c', $clients, '-j', 1, '-T', 15, '-f', "$dir/one.sql\@4", '-f', "$dir/two.sql\@2", '-f', "$dir/all.sql\@1",
		'--log', '--log-prefix', "$dir/log", $coordinator->connstr($db) ],
	'>', \$out, '2>', \$err);
ok($coordinator->poll_query_until($db, 'SELECT count(*) > 400 FROM distshard.connection_turns WHERE waiting'), 'most clients wait');
is($coordinator->safe_psql($db, 'SELECT distshard.connection_limit()'), 24, 'for a quarter of what a node can take');
foreach my $worker (@workers)
{
	my $connections = $worker->safe_psql($db, "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'distshard: %'");
	cmp_ok($connections, '<=', 30, 'no worker has many more');
}
ok($run->finish, 'all clients go on to the end') or diag $err;
like($out, qr/number of failed transactions: 0 /, 'no transaction fails') or diag $err;

my %transactions;
foreach my $log (glob "$dir/log.*")
{
	$transactions{$_}++ foreach slurp_file($log) =~ /^(\d+) /mg;
}
is(scalar keys %transactions, $clients, 'no client starves');
is($coordinator->safe_psql($db, 'SELECT sum(v) FROM t'), 0, 'nothing is lost');

done_testing();
