# A COPY that does not come to its end, by a cancel or by a node that dies, leaves nothing half done, and its
# session can go on.
use strict;
use warnings;

use DistshardCluster;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my $coordinator = $cluster->coordinator;

$coordinator->safe_psql(
	'postgres', q{
	CREATE TABLE item (k int PRIMARY KEY, v text);
	SELECT create_distributed_table('item', 'k', shard_count => 6);
	CREATE TABLE country (k int PRIMARY KEY, v text);
	SELECT create_reference_table('country');
});

# A psql to which commands are sent one after the other.
my ($in, $out, $err) = ('', '', '');
my $timeout = IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default);
my $session = IPC::Run::start(
	[ 'psql', '-XAtq', '-d', $coordinator->connstr('postgres') ],
	'<' => \$in, '>' => \$out, '2>' => \$err, $timeout);

# Sends commands and returns what was written up to their end, errors included.
sub run_in_session
{
	($out, $err) = ('', '');
	$in .= shift() . "\n\\echo the end\n\\warn the end\n";
	$session->pump until $out =~ /the end\n/ && $err =~ /the end\n/;
	s/the end\n// foreach $out, $err;
	return $out . $err;
}

# Starts a COPY whose input pauses after so many rows that all nodes have some, until somebody opens the pipe $go.
my $go = PostgreSQL::Test::Utils::tempdir() . '/go';
system_or_bail('mkfifo', $go);

sub start_copy
{
	my $table = shift;
	($out, $err) = ('', '');
	$in .= "\\copy $table FROM PROGRAM 'seq 1 200000 | sed s/\$/,value/; "
	  . "cat $go; seq 200001 400000 | sed s/\$/,value/' CSV\n"
	  . "\\echo the end\n\\warn the end\n";
	$session->pump_nb;
	$coordinator->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_progress_copy WHERE relid = '$table'::regclass AND tuples_processed > 190000")
	  or die 'the COPY does not come on';
}

# Lets it go on, and returns the error that it ends with.
sub end_of_copy
{
	append_to_file($go, '');
	$session->pump until $out =~ /the end\n/ && $err =~ /the end\n/;
	return $err;
}

# What is left of the COPY on a node: rows, open or prepared transactions, locks.
sub leftovers
{
	my $node = shift;
	$node->poll_query_until('postgres',
		q{SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE '%COPY distshard%' AND state = 'active'
			AND pid <> pg_backend_pid()}) or die 'a COPY goes on';
	return $node->safe_psql(
		'postgres', q{
		SELECT count(*) FROM pg_prepared_xacts;
		SELECT count(*) FROM pg_locks l JOIN pg_class c ON l.relation = c.oid
		WHERE c.relname ~ '^(item|country)' AND l.mode = 'RowExclusiveLock'});
}

for my $table ('item', 'country')
{
	start_copy($table);
	is($coordinator->safe_psql('postgres', 'SELECT pg_cancel_backend(pid) FROM pg_stat_progress_copy'),
		't', "COPY of $table is cancelled");
	like(end_of_copy(), qr/canceling statement due to user request/, 'which is its error');
	is(leftovers($_), "0\n0", 'nothing is left on ' . $_->name) foreach $cluster->nodes;
	is(run_in_session("SELECT count(*) FROM $table;"), "0\n", 'no row was kept, and the session goes on');
}

for my $table ('item', 'country')
{
	start_copy($table);
	$cluster->node(3)->stop('immediate');
	like(end_of_copy(), qr/lost connection to node 3/, "COPY of $table fails when a node dies");
	$cluster->node(3)->start;
	is(leftovers($_), "0\n0", 'nothing is left on ' . $_->name) foreach $cluster->nodes;
	is(run_in_session("SELECT count(*) FROM $table;"), "0\n", 'no row was kept');
	is(run_in_session("\\copy $table FROM PROGRAM 'seq 1 1000 | sed s/\$/,v/' CSV\nSELECT count(*) FROM $table;"),
		"1000\n", 'the same session can copy again');
}

# A node that does not begin while the other one has begun already.
my %stop = (
	'canceled' => [ sub { $coordinator->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") }, qr/canceling statement due to user request/ ],
	'terminated on the node' => [ sub { kill TERM => $_[1]; kill CONT => $_[1] }, qr/terminating connection due to administrator command/ ]);
for my $how (sort keys %stop)
{
	my ($stop, $error) = @{ $stop{$how} };
	run_in_session('DELETE FROM item;');
	my $pid = run_in_session('SELECT pg_backend_pid();') + 0;
	run_in_session('BEGIN; SELECT count(*) FROM item;');
	my $backend = $cluster->node(3)->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE application_name = 'distshard: $pid'");
	kill STOP => $backend;
	($out, $err) = ('', '');
	$in .= "\\copy item FROM PROGRAM 'seq 1 1000 | sed s/\$/,v/' CSV\n\\echo the end\n\\warn the end\n";
	$session->pump_nb;
	$cluster->node(2)->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'distshard: $pid' AND state = 'active' AND query LIKE '%COPY distshard%'")
	  or die 'the COPY does not begin';
	$stop->($pid, $backend);
	$session->pump until $out =~ /the end\n/ && $err =~ /the end\n/;
	like($err, $error, "COPY is $how before all nodes have begun");
	kill CONT => $backend;
	run_in_session('ROLLBACK;');
	is(leftovers($_), "0\n0", 'nothing is left on ' . $_->name) foreach $cluster->nodes;
	is(run_in_session("SELECT count(*) FROM item;"), "0\n", 'no row was kept');
	is(run_in_session("\\copy item FROM PROGRAM 'seq 1 1000 | sed s/\$/,v/' CSV\nSELECT count(*) FROM item;"),
		"1000\n", 'the same session can copy again');
}

$in .= "\\q\n";
$session->finish;

done_testing();
