# A reader comes to an end though distributed transactions keep coming, each of which one node is told of later than
# another, so that at every moment nodes differ about some.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.recovery_interval = 1h\ndistshard.in_doubt_timeout = 60s\n");
my ($coordinator, @workers) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE FUNCTION node_of(k int) RETURNS text LANGUAGE plpgsql AS $$
		DECLARE
			line text;
		BEGIN
			FOR line IN EXECUTE 'EXPLAIN SELECT * FROM t WHERE k = ' || k LOOP
				IF line ~ 'Node: ' THEN RETURN substring(line, 'Node: (\d+)'); END IF;
			END LOOP;
			RETURN '1';
		END $$;
});
my %keys;
push @{ $keys{ $_->[0] } }, $_->[1] for map { [ split /\|/ ] } split /\n/, $coordinator->safe_psql($db, 'SELECT node_of(k), k FROM generate_series(1, 100) k');
my $installation = $workers[0]->safe_psql($db, q{SELECT system_identifier || '.' || 'distshard.transaction'::regclass::oid FROM pg_control_system()});

# Each writer moves 1 from a row of one worker to a row of the other, half of them the other way round; they overlap.
my $dir = PostgreSQL::Test::Utils::tempdir();
my @writers;
for my $writer (1 .. 6)
{
	my @order = $writer % 2 ? (2, 3) : (3, 2);
	my @connect = map { '\c - - ' . $cluster->node($_)->host . ' ' . $cluster->node($_)->port . "\n" } @order;
	my ($one, $other) = map { $keys{$_}[$writer] } @order;
	my $script = '';
	for my $i (1 .. 300)
	{
		my $gid = sprintf "distshard/2/$installation/%016x%016x/2,3", $writer * 1000 + $i, 0;
		$script .= "$connect[0]BEGIN; UPDATE t SET v = v - 1 WHERE k = $one; PREPARE TRANSACTION '$gid';\n";
		$script .= "$connect[1]BEGIN; UPDATE t SET v = v + 1 WHERE k = $other; PREPARE TRANSACTION '$gid';\n";
		$script .= "$connect[0]COMMIT PREPARED '$gid'; SELECT pg_sleep(0.2);\n";
		$script .= "$connect[1]COMMIT PREPARED '$gid';\n";
	}
	append_to_file("$dir/$writer.sql", $script);
	push @writers, IPC::Run::start([ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/$writer.sql", $workers[0]->connstr($db) ], '>', "$dir/$writer.log", '2>&1');
}
ok($workers[0]->poll_query_until($db, 'SELECT count(*) > 2 FROM pg_prepared_xacts'), 'writers are at work');

for my $statement ('SELECT sum(v) FROM t', 'SELECT (SELECT sum(v) FROM t) + (SELECT sum(0) FROM t)')
{
	for (1 .. 3)
	{
		my ($status, $out, $err) = $coordinator->psql($db, "SET statement_timeout = '8s'; $statement");
		is($err . $out, 0, "$statement sees whole transactions, and ends");
	}
}
$_->signal('TERM'), $_->finish for @writers;
is(slurp_file("$dir/$_.log") =~ s/^\n//gmr, '', 'writers went on') for 1 .. @writers;

done_testing();
