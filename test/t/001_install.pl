# CREATE EXTENSION on one server: what it needs, and the cluster of one that it makes.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $plain = PostgreSQL::Test::Cluster->new('plain');
$plain->init;
$plain->start;
my ($status, $stdout, $stderr) = $plain->psql('postgres', q{LOAD 'distshard'});
isnt($status, 0, 'the library cannot be loaded into a running server');
like($stderr, qr/can only be loaded via shared_preload_libraries/, 'and the error says why');

my $cluster = DistshardCluster->new(workers => 0);
is($cluster->coordinator->safe_psql('postgres', 'SELECT node_id, port FROM distshard.node'),
	'1|' . $cluster->coordinator->port, 'a new installation is a cluster of one');

done_testing();
