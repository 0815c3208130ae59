# A snapshot of all nodes (REPEATABLE READ) for which a node was left out, since it cannot be reached from here: but it
# goes on, and has the others commit a transaction just when one of them has taken its snapshot and another one has not.
# The order of events is made by a proxy, which what goes to that other node passes through.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Proxy;
use Test::More;
use Time::HiRes qw(time sleep);

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.recovery_interval = 1h\n");
my ($coordinator, $away, $late) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
});
my %key = $cluster->key_on_each_node('t');
my $installation = $away->safe_psql($db, q{SELECT system_identifier || '.' || 'distshard.transaction'::regclass::oid FROM pg_control_system()});
$away->stop;

# When the snapshot is to be taken there, the proxy says so, and waits for a sign, but not as long as a hold lasts.
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $proxy = Proxy->new($cluster, nodes => [3], message => sub {
	my ($node_id, $direction, $data) = @_;
	return if $direction eq 'answers' || $data !~ /prepared_here/;
	append_to_file("$dir/now", '');
	for (1 .. 80)
	{
		last if -e "$dir/go";
		sleep 0.01;
	}
});

# Runs a statement, and says whether it has ended soon.
sub ends
{
	my ($session, $sql) = @_;
	$session->{stdout} = '';
	$session->{stdin} .= "$sql;\n\\echo done\n";
	my $until = time + 0.3;
	do { $session->{run}->pump_nb; sleep 0.01 } until $session->{stdout} =~ /done/ || time > $until;
	return $session->{stdout} =~ /done/;
}

for my $i (1 .. 3)
{
	my $gid = sprintf "distshard/2/$installation/%016x%016x/1,3", $i, 0;
	my %part = (1 => $coordinator->background_psql($db), 3 => $late->background_psql($db));
	$part{1}->query_safe("BEGIN; UPDATE t SET v = v - 1 WHERE k = $key{1}");
	$part{3}->query_safe("BEGIN; UPDATE t SET v = v + 1 WHERE k = $key{3}");
	unlink "$dir/now", "$dir/go";

	my $reader = $coordinator->background_psql($db);
	$reader->query_until(qr/started/, "\\echo started\nBEGIN ISOLATION LEVEL REPEATABLE READ; SELECT sum(v) FROM t WHERE k IN ($key{1}, $key{3});\n\\echo the end\n");
	until (-e "$dir/now") { sleep 0.01 }
	ends($part{1}, "PREPARE TRANSACTION '$gid'")
	  and ends($part{3}, "PREPARE TRANSACTION '$gid'")
	  and ends($part{1}, "COMMIT PREPARED '$gid'")
	  and ends($part{3}, "COMMIT PREPARED '$gid'");
	append_to_file("$dir/go", '');
	is((split /\n/, $reader->query_until(qr/the end/, ''))[0], 0, 'a transaction that a node which was left out began is seen whole or not at all');
	$_->quit for $reader, values %part;
	$_->psql($db, "ROLLBACK PREPARED '$gid'") for $coordinator, $late;
}
$proxy->stop;
done_testing();
