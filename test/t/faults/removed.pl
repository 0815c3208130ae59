# A node dies after it has committed, and is removed before others know: it tells them when it is back. Until then nobody
# gets a copy of what it has written.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.recovery_interval = 100ms\nlog_statement = none\n");
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{CREATE TABLE r (k int PRIMARY KEY); SELECT create_reference_table('r')});
my ($removed, $new) = map { DistshardCluster::start_server($_, "distshard.recovery_interval = 100ms\n") } qw(removed new);
my $add = "SELECT distshard.add_node('localhost', %d, holds_shards => false)";
$coordinator->safe_psql($db, sprintf($add, $removed->port));
my $prepared = q{SELECT count(*) FROM pg_prepared_xacts};
$removed->psql($db, q{SELECT distshard.set_fault('committed', 'kill'); INSERT INTO r VALUES (1)});
DistshardCluster::await_death($removed);
is($_->safe_psql($db, $prepared), 1, $_->name . ' does not know the outcome') for $coordinator, $worker, $other;
$coordinator->safe_psql($db, 'SELECT distshard.remove_node(4)');
$coordinator->psql($db, "SET lock_timeout = '500ms'; " . sprintf($add, $new->port), stderr => \my $stderr);
like($stderr, qr/lock timeout/, 'a new node has to wait for it');
DistshardCluster::revive($removed);
$_->poll_query_until($db, q{SELECT count(*) = 0 FROM pg_prepared_xacts}) or die "nothing is recovered" for $coordinator, $worker, $other;
is($removed->psql($db, 'SELECT distshard.leave_cluster()'), 0, 'the removed node can leave');
$coordinator->safe_psql($db, sprintf($add, $new->port));
is($_->safe_psql($db, 'SELECT count(*) FROM r'), 1, $_->name . ' has what it wrote') for $coordinator, $worker, $other, $new;

done_testing();
