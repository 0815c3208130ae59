# What happens while a statement is at work on the nodes: they are killed, cancelled, full, out of connections. An error
# that says so, nothing half done, nothing left over on any node, and the session goes on.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "max_connections = 20\nsuperuser_reserved_connections = 10\n");
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';
my $lock = 815; # of the worker; it is what keeps statements at work

# A function that is run on the nodes, since it says that it may be, and waits there as long as somebody wants it to.
$coordinator->safe_psql($db, qq{
	CREATE FUNCTION linger(v int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
		\$\$ BEGIN PERFORM pg_advisory_xact_lock_shared($lock); RETURN v; END \$\$;
	CREATE TABLE t (k int PRIMARY KEY, v int NOT NULL, CHECK (linger(v) = v));
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) i;
	CREATE TABLE filling (k int, v text);
	SELECT create_distributed_table('filling', 'k', shard_count => 6);
	CREATE ROLE alice LOGIN;
});
$_->psql($db, 'CREATE ROLE alice LOGIN') for $worker, $other;
$coordinator->safe_psql($db, 'GRANT ALL ON t, filling TO alice');

my $keeper; # holds the lock on the worker
my $session = $coordinator->background_psql($db, on_error_stop => 0);
$session->set_query_timer_restart;
$session->query('\set VERBOSITY verbose');

sub nothing_left
{
	my ($what) = @_;

	for my $node ($coordinator, $worker, $other)
	{
		ok($node->poll_query_until($db, qq{
			SELECT (SELECT count(*) FROM pg_prepared_xacts) = 0
				AND (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'distshard: %' AND state <> 'idle') = 0
				AND (SELECT count(*) FROM pg_locks WHERE NOT granted) = 0}), "$what: nothing is left on " . $node->name);
	}
}

# Starts a statement in the session, waits until it is at work on the worker, does what the test is about, and returns
# the error that the statement ends with.
sub disturb
{
	my ($sql, $disturbance, $on) = @_;
	my $disturbed = $on // $session;

	$keeper = $worker->background_psql($db);
	$keeper->query_safe("SELECT pg_advisory_lock($lock)");
	$disturbed->{stderr} = '';
	$disturbed->query_until(qr/begins/, "\\echo begins\n$sql;\n\\echo ends\n\\warn ends\n");
	$worker->poll_query_until($db, q{SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted})
	  or die "not at work: $sql";
	$disturbance->();
	pump_until($disturbed->{run}, $disturbed->{timeout}, \$disturbed->{stderr}, qr/ends/);
	pump_until($disturbed->{run}, $disturbed->{timeout}, \$disturbed->{stdout}, qr/ends/);
	$disturbed->{stdout} = '';
	return $disturbed->{stderr};
}

sub release
{
	$keeper->quit if $keeper;
	$keeper = undef;
}

my $fragments = q{FROM pg_stat_activity WHERE application_name LIKE 'distshard: %' AND state = 'active'};
my $client = q{FROM pg_stat_activity WHERE query LIKE '%t%' AND state = 'active' AND backend_type = 'client backend'
	AND pid <> pg_backend_pid()};
my %statements = (
	'SELECT' => 'SELECT sum(linger(v)) FROM t',
	'UPDATE' => 'UPDATE t SET v = v + 1',
	'INSERT' => 'INSERT INTO t SELECT i, 1 FROM generate_series(2001, 3000) i',
	'transaction' => 'BEGIN; UPDATE t SET k = k; INSERT INTO filling SELECT i FROM generate_series(1, 100) i; UPDATE t SET v = v + 1; COMMIT');
my %disturbances = (
	'its session killed' => [ sub { $worker->safe_psql($db, "SELECT pg_terminate_backend(pid) $fragments") },
		qr/08006: lost connection to node 2/ ],
	'its statement cancelled' => [ sub { $worker->safe_psql($db, "SELECT pg_cancel_backend(pid) $fragments") },
		qr/57014: canceling statement due to user request.*on node 2/s ],
	'the client cancels' => [ sub { $coordinator->safe_psql($db, "SELECT pg_cancel_backend(pid) $client") },
		qr/57014: canceling statement due to user request/ ]);

for my $disturbance (sort keys %disturbances)
{
	my ($disturb, $error) = @{ $disturbances{$disturbance} };
	for my $statement (sort keys %statements)
	{
		my $what = "$statement, $disturbance";
		like(disturb($statements{$statement}, $disturb), $error, $what);
		release();
		$session->query('ROLLBACK') if $statement eq 'transaction';
		is($session->query('SELECT count(*), sum(v), (SELECT count(*) FROM filling) FROM t'), '1000|0|0',
			"$what: nothing was done, and the session goes on");
		nothing_left($what);
	}
}

# Time limit
$session->query("SET statement_timeout = '2s'");
like(disturb($statements{UPDATE}, sub { }), qr/57014: canceling statement due to statement timeout/, 'statement_timeout');
release();
$session->query('RESET statement_timeout');
nothing_left('statement_timeout');

# The client's own session is killed: the nodes' sessions end too
my $doomed = $coordinator->background_psql($db, on_error_stop => 0);
$keeper = $worker->background_psql($db);
$keeper->query_safe("SELECT pg_advisory_lock($lock)");
$doomed->query_until(qr/begins/, "\\echo begins\n$statements{UPDATE};\n");
$worker->poll_query_until($db, q{SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted});
my $sessions = $worker->safe_psql($db, q{SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'distshard: %'});
$coordinator->safe_psql($db, "SELECT pg_terminate_backend(pid) $client");
ok($worker->poll_query_until($db, "SELECT count(*) = $sessions - 1 FROM pg_stat_activity WHERE application_name LIKE 'distshard: %'"),
	'the session of a client that is gone ends on the node, without waiting for its statement');
release();
eval { $doomed->quit };
nothing_left('client killed');
is($session->query('SELECT count(*), sum(v) FROM t'), '1000|0', 'nothing was done');

# The server dies under a statement, and under DDL
like(disturb($statements{UPDATE}, sub { $worker->stop('immediate') }), qr/08006: lost connection to node 2/, 'the server dies');
$keeper = undef;
$session->{stderr} = '';
$session->query($_) for 'ALTER TABLE t ADD COLUMN w int', 'CREATE INDEX t_v ON t (v)', 'TRUNCATE t', 'DROP TABLE t',
	'ALTER TABLE t RENAME TO u', 'CREATE INDEX CONCURRENTLY t_w ON t (v)', 'GRANT SELECT ON t TO public';
is(() = $session->{stderr} =~ /08001: could not connect to node 2/g, 7, 'no DDL without all nodes');
unlike($session->{stderr}, qr/ERROR:  (?!08001)/, 'which is the only error');
$worker->start;
for my $node ($coordinator, $worker, $other)
{
	is($node->safe_psql($db, q{SELECT (SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0),
		(SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass), has_table_privilege('pg_monitor', 't', 'SELECT')}), 'k v|1|f',
		'nothing of it was done on ' . $node->name);
}
is($session->query('SELECT count(*), sum(v) FROM t'), '1000|0', 'and all rows are there');
nothing_left('server down');

# No connection left: those of superusers are kept for them
my @crowd = map { eval { $worker->background_psql($db, extra_params => [ '-U', 'alice' ]) } // () } 1 .. 11;
my ($status, $out, $err) = $coordinator->psql($db, 'SELECT count(*) FROM t; SELECT count(*) FROM distshard.tables', on_error_stop => 0,
	extra_params => [ '-U', 'alice', '-v', 'VERBOSITY=verbose' ]);
like($err, qr/08001: could not connect to node 2.*(too many clients|remaining connection slots)/s, 'no connection left');
$_->quit for @crowd;
nothing_left('no connection left');

# A disk that is full where a shard is
my $shard = $worker->safe_psql($db, q{SELECT pg_relation_filepath(relid) FROM pg_partition_tree('distshard_public.filling'::regclass) WHERE isleaf LIMIT 1});
$worker->stop;
my $file = $worker->data_dir . "/$shard";
rename $file, "$file.away" or die $!;
symlink '/dev/full', $file or die $!;
$worker->start;
for my $sql ('INSERT INTO filling SELECT i FROM generate_series(1, 200) i',
	'BEGIN; INSERT INTO filling SELECT i FROM generate_series(1, 200) i; COMMIT',
	"COPY filling (k) FROM PROGRAM 'seq 200'",
	'INSERT INTO filling SELECT k FROM t')
{
	$session->{stderr} = '';
	$session->query($sql);
	like($session->{stderr}, qr/53100: could not extend file.*on node 2/s, "disk full: $sql");
	nothing_left('disk full');
}
$worker->stop;
unlink $file;
rename "$file.away", $file;
$worker->start;
is($session->query('SELECT count(*) FROM filling'), 0, 'disk full: nothing was inserted');
$session->query("COPY filling (k) FROM PROGRAM 'seq 200'");
is($session->query('SELECT count(*) FROM filling'), 200, 'with room again it is');

# No session is left on a node when its client has gone
$session->quit;
for my $node ($worker, $other)
{
	ok($node->poll_query_until($db, q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 'distshard%'}),
		'no session is left on ' . $node->name);
}

done_testing();
