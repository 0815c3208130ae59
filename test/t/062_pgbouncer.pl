# PgBouncer in transaction mode before a coordinator: many clients on few sessions, each as if it had its own.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($pgbouncer) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin';
plan skip_all => 'pgbouncer is not installed' unless $pgbouncer;

my $cluster = DistshardCluster->new(workers => 2);
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE ROLE clerk LOGIN;
	CREATE TABLE t (k int PRIMARY KEY, v int NOT NULL);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) i;
	CREATE TABLE times (k int, at timestamptz);
	SELECT create_distributed_table('times', 'k', colocate_with => 't');
	INSERT INTO times SELECT i, timestamptz '2024-01-01 00:00:00+00' FROM generate_series(1, 100) i;
	CREATE TABLE notes (k int, tenant text);
	SELECT create_distributed_table('notes', 'k', colocate_with => 't');
	INSERT INTO notes SELECT i, CASE WHEN i <= 60 THEN 'one' ELSE 'two' END FROM generate_series(1, 100) i;
	ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own ON notes USING (tenant = current_setting('myapp.tenant', true));
	GRANT ALL ON t, times, notes TO clerk;
});

# "few" has a few sessions for its clients, "one" a single one; "whole" gives it to one client after the other.
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $server = 'host=' . $coordinator->host . ' port=' . $coordinator->port . ' dbname=postgres';
append_to_file("$dir/users", qq{"postgres" ""\n"clerk" ""\n});
append_to_file("$dir/pgbouncer.ini", "[databases]
few = $server pool_size=4
one = $server pool_size=1
whole = $server pool_size=1 pool_mode=session
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users
pool_mode = transaction
server_reset_query = DISCARD ALL
max_client_conn = 200
logfile = $dir/log
");
my $run = IPC::Run::start([ $pgbouncer, '-q', "$dir/pgbouncer.ini" ], '<', '/dev/null', '>', "$dir/out", '2>', "$dir/err");

sub pooled
{
	my ($database, $user) = @_;
	return "host=$dir port=$port dbname=$database user=" . ($user // 'postgres');
}

# Runs a script in a client of its own; returns what it printed, and what it complained about.
sub client
{
	my ($connection, $script) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-d', $connection ], '<', \$script, '>', \$out, '2>', \$err);
	chomp $out;
	return wantarray ? ($out, $err) : $out;
}

my $up = 0;
foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
	$up = client(pooled('few'), 'SELECT 1') eq '1' and last;
	select undef, undef, undef, 0.1;
}
ok($up, 'PgBouncer lets clients through') or diag slurp_file("$dir/err");

# Many clients on few sessions
append_to_file("$dir/transfer.sql", '\set k random(1, 1000)
\set l random(1, 1000)
BEGIN;
UPDATE t SET v = v + 1 WHERE k = least(:k, :l);
UPDATE t SET v = v - 1 WHERE k = greatest(:k, :l);
COMMIT;
');
append_to_file("$dir/sum.sql", "SELECT count(*) FROM t;\n");
command_checks_all(
	[ 'pgbench', '-n', '-c', 100, '-t', 10, '-f', "$dir/transfer.sql\@4", '-f', "$dir/sum.sql\@1", pooled('few') ],
	0, [qr{processed: 1000/1000}, qr/failed transactions: 0 /], [qr/^(?!.*(ERROR|FATAL))/s], '100 clients share 4 sessions');
is($coordinator->safe_psql($db, 'SELECT sum(v) FROM t'), 0, 'their transactions are whole');
foreach my $node ($worker, $other)
{
	cmp_ok($node->safe_psql($db, "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'distshard: %' AND usename = 'postgres'"), '<=', 6,
		'few connections on ' . $node->name);
	is($node->safe_psql($db, 'SELECT count(*) FROM pg_prepared_xacts'), 0, 'nothing is left there');
}

# What PgBouncer knows of a client's session it gives to the server session, and that to the nodes
sub clients_of_one
{
	return map { $coordinator->background_psql($db, extra_params => [ '-d', pooled('one', $_) ]) } @_;
}
my ($here, $there) = clients_of_one('clerk', 'clerk');
$here->query_safe("SET TimeZone = 'Asia/Tokyo'");
$there->query_safe("SET TimeZone = 'America/New_York'");
foreach (1 .. 2)
{
	is($here->query_safe('SELECT DISTINCT at::text FROM times'), '2024-01-01 09:00:00+09', 'each client has its own time zone');
	is($there->query_safe('SELECT DISTINCT at::text FROM times'), '2023-12-31 19:00:00-05', 'though they share one session');
}

# What lasts for a transaction ends with it
is($here->query_safe("BEGIN; SET LOCAL myapp.tenant = 'one'; SELECT count(*) FROM notes; COMMIT"), 60, 'SET LOCAL counts for policies on the nodes');
is($there->query_safe('SELECT count(*) FROM notes'), 0, 'and not for the next client');
is($there->query_safe("BEGIN; SET LOCAL myapp.tenant = 'two'; SELECT count(*) FROM notes; COMMIT"), 40, 'who has a value of its own');

# Errors, clients that go away
my ($out, $err) = client(pooled('one', 'clerk'), "BEGIN; UPDATE t SET v = 100; SELECT 1/0; SELECT count(*) FROM t; COMMIT;\nSELECT max(v) < 100 FROM t;");
like($err, qr/division by zero/, 'an error aborts a transaction');
is($out, 't', 'on all nodes');
$here->query_safe('BEGIN; UPDATE t SET v = 100; DECLARE c CURSOR FOR SELECT * FROM t; FETCH 1 FROM c');
$here->{run}->kill_kill;
is($there->query_safe('SELECT max(v) < 100 FROM t'), 't', 'so does the death of a client');
is(client(pooled('few', 'clerk'), 'UPDATE t SET v = v WHERE v < 0 OR true RETURNING 1') =~ tr/1//, 1000, 'which leaves no lock');
$there->quit;

# One session, one client after the other, with DISCARD ALL in between
client(pooled('whole'), "SELECT count(*) FROM t; SET TimeZone = 'Asia/Tokyo'; SET myapp.tenant = 'one'; SET ROLE clerk;
	PREPARE p AS SELECT count(*) FROM t; DECLARE c CURSOR WITH HOLD FOR SELECT * FROM t; CREATE TEMP TABLE mine AS SELECT * FROM t;
	SELECT count(*) FROM notes;");
($out, $err) = client(pooled('whole'), "SELECT current_user, count(*) FROM notes; SET ROLE clerk; SELECT count(*) FROM notes;
	SELECT current_setting('TimeZone') = (SELECT reset_val FROM pg_settings WHERE name = 'TimeZone');
	EXECUTE p;\nFETCH 1 FROM c;\nTABLE mine;");
is($out, "postgres|100\n0\nt", 'in session mode the next client finds no role and no settings of the last one');
like($err, qr/"p" does not exist.*"c" does not exist.*"mine" does not exist/s, 'nor other things');

# Cancel
my $slow = IPC::Run::start([ 'psql', '-XAtq', '-d', pooled('few'), '-c', 'SELECT count(pg_sleep(100)) FROM t WHERE k < 10' ],
	'>', \my $ignored, '2>', \my $slow_err);
ok($coordinator->poll_query_until($db, "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(100)%' AND state = 'active' AND pid <> pg_backend_pid()"),
	'a statement runs');
$slow->signal('INT');
$slow->finish;
like($slow_err, qr/canceling statement due to user request/, 'a client cancels it through PgBouncer');
foreach my $node ($worker, $other)
{
	ok($node->poll_query_until($db, "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 'distshard: %' AND state = 'active'"),
		'nothing goes on on ' . $node->name);
}

$run->signal('TERM');
$run->finish;
done_testing();
