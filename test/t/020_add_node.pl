# distshard.add_node(): what a server must fulfil, each with an error of its own and nothing half added.
use strict;
use warnings;

use DistshardCluster;
use IO::Socket::INET;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 0);
my $node1 = $cluster->coordinator;

# Returns SQLSTATE and message of what the coordinator says to a statement.
sub error_of
{
	my ($sql, %options) = @_;
	my $stderr;
	($options{on} // $node1)->psql($options{database} // 'postgres', $sql,
		stderr => \$stderr, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return $stderr;
}

sub add_error
{
	my ($server, %options) = @_;
	my $port = $server->port;
	return error_of("SELECT distshard.add_node('localhost', $port)", %options);
}

sub extensions
{
	my ($server, $database) = @_;
	return $server->safe_psql($database // 'postgres', q{SELECT count(*) FROM pg_extension WHERE extname = 'distshard'});
}


# A port on which nobody listens
my $dead = DistshardCluster::start_server('dead');
$dead->stop;
like(add_error($dead), qr/08001: could not connect to server localhost:\d+\n.*refused.*HINT:.*pg_hba/s, 'unreachable');
like(error_of(q{SELECT distshard.add_node('no.such.host.invalid')}), qr/08001: could not connect to server no.such.host.invalid:5432/,
	'unknown host');
like(add_error($node1), qr/55000: server localhost:\d+ cannot be added\nDETAIL:  It is this very server/, 'itself');
like(error_of(q{SELECT distshard.add_node(NULL)}), qr/22004: only region may be null/, 'no host');
like(error_of(q{CREATE ROLE joe LOGIN; GRANT ALL ON FUNCTION distshard.add_node TO joe; SET SESSION AUTHORIZATION joe;
	SELECT distshard.add_node('localhost', 1)}), qr/42501: only a superuser/, 'not a superuser');
like(error_of(q{BEGIN; SAVEPOINT s; SELECT distshard.add_node('localhost', 1)}), qr/25001: .* in a subtransaction/, 'subtransaction');

# Settings
for my $case (
	[ "shared_preload_libraries = ''", qr/DETAIL:  It does not load distshard.*HINT:  Add distshard to shared_preload/s ],
	[ 'max_prepared_transactions = 0', qr/DETAIL:  Its max_prepared_transactions is 0.*HINT: .* at least max_connections/s ],
	[ 'max_connections = 101', qr/DETAIL:  Its max_prepared_transactions is 100, and its max_connections 101\.\nHINT: .* at least max_connections/s ],
	[ "wal_level = minimal\nmax_wal_senders = 0", qr/DETAIL:  Its wal_level is "minimal".*HINT:  Set it to "replica" or "logical"/s ])
{
	my ($conf, $error) = @$case;
	my $server = DistshardCluster::start_server('unsuitable', "$conf\n");
	like(add_error($server), $error, $conf);
	is(extensions($server), '0', "... nothing was created there");
	$server->stop;
	$server->clean_node;
}

my $node = DistshardCluster::start_server('candidate', "max_wal_senders = 5\n");
my $port = $node->port;

$node1->append_conf('postgresql.conf', 'max_prepared_transactions = 99');
$node1->restart;
like(add_error($node), qr/55000: max_prepared_transactions is 99 on this node, and max_connections 100\nHINT: .* at least max_connections/,
	'the same is asked of this node');
$node1->append_conf('postgresql.conf', 'max_prepared_transactions = 100');
$node1->restart;

# Databases
$node1->safe_psql('postgres', 'CREATE DATABASE only_here');
$node1->safe_psql('only_here', 'CREATE EXTENSION distshard');
like(add_error($node, database => 'only_here'), qr/3D000: server localhost:\d+ has no database "only_here".*HINT:  Create it/s,
	'missing database');
$node->safe_psql('postgres', q{CREATE DATABASE only_here ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0});
like(add_error($node, database => 'only_here'), qr/DETAIL:  The encoding of its database is SQL_ASCII, and that of this one/, 'encoding');
$node1->safe_psql('postgres', q{DROP DATABASE only_here});
$node1->safe_psql('postgres', q{CREATE DATABASE only_here ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0});
$node1->safe_psql('only_here', 'CREATE EXTENSION distshard');
$node->safe_psql('postgres', 'DROP DATABASE only_here');
$node->safe_psql('postgres', q{CREATE DATABASE only_here ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0});
like(add_error($node, database => 'only_here'), qr/DETAIL:  The locale of its database is \(libc, C, C\), and that of this one \(libc, C.UTF-8/,
	'locale');

# Roles
$node1->safe_psql('postgres', 'CREATE ROLE boss SUPERUSER LOGIN');
my $as_boss = [ '-U', 'boss' ];
$node->safe_psql('postgres', 'CREATE ROLE boss LOGIN');
$node1->psql('postgres', "SELECT distshard.add_node('localhost', $port)", extra_params => $as_boss, stderr => \my $boss_error);
like($boss_error, qr/Role "boss" is not a superuser there/, 'the role must be a superuser there');

# Collations
for my $server ($node1, $node)
{
	$server->safe_psql('postgres',
		q{CREATE DATABASE icu ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'und' TEMPLATE template0});
}
$node1->safe_psql('icu', 'CREATE EXTENSION distshard');
my $version = $node1->safe_psql('icu',
	'SELECT pg_database_collation_actual_version(oid) FROM pg_database WHERE datname = current_database()');
$node->safe_psql('icu', q{CREATE OR REPLACE FUNCTION pg_catalog.pg_database_collation_actual_version(oid) RETURNS text
	LANGUAGE sql AS 'SELECT $$99.9$$'});
like(add_error($node, database => 'icu'),
	qr/DETAIL:  The collation of its database has version 99\.9, and that of this one version \Q$version\E.*HINT:  Run the same/s,
	'another version of the collation');
$node1->safe_psql('postgres', 'DROP DATABASE icu');

# A server with other files: a copy of this installation, of which the libraries are the same
my $copy = PostgreSQL::Test::Utils::tempdir() . '/copy';
my ($bin, $lib, $share) = map { `$ENV{PG_CONFIG} --$_` =~ s/\n//r } qw(bindir pkglibdir sharedir);
system_or_bail('mkdir', '-p', map { $copy . s{/[^/]*$}{}r } $bin, $lib, $share);
system_or_bail('cp', '-a', $bin, "$copy$bin");
system_or_bail('ln', '-s', $lib, "$copy$lib");
system_or_bail('cp', '-rs', $share, "$copy$share");
my $control = "$copy$share/extension/distshard.control";
unlink $control;
my $server = PostgreSQL::Test::Cluster->new('copy', install_path => "$copy$bin" =~ s{/bin$}{}r);
$server->init(extra => [qw(--username=postgres --encoding=UTF8 --locale=C.UTF-8)]);
$server->append_conf('postgresql.conf', "listen_addresses = 'localhost'
shared_preload_libraries = 'distshard'
wal_level = logical
max_prepared_transactions = 100\n");
$server->start;
like(add_error($server), qr/DETAIL:  Extension distshard is not installed there.*HINT:  Install the same version/s,
	'no extension to install');
append_to_file($control, "default_version = '0.9'\n");
like(add_error($server), qr/DETAIL:  It has version 0\.9 of distshard, and this node version 1\.0.*HINT:  Install the same version/s,
	'an extension of another version to install');

# An extension that a distributed table needs, which cannot be installed there
system_or_bail('cp', "$share/extension/distshard.control", $control);
unlink "$copy$share/extension/citext.control";
$node1->safe_psql('postgres', q{CREATE EXTENSION citext; CREATE SCHEMA shop; CREATE TABLE shop.item (name citext);
	SELECT create_distributed_table('shop.item', 'name')});
like(add_error($server), qr/0A000: extension "citext" is not available.*DETAIL:  Could not open extension control file.*HINT:.*must first be installed.*on node 2/s,
	'no extension that a table needs');
is(extensions($server), '0', '... nothing was created there');
is($server->safe_psql('postgres', q{SELECT count(*) FROM pg_namespace WHERE nspname ~ 'shop|distshard'}), '0', '... no schema either');
is($node1->safe_psql('postgres', q{SELECT count(*) FROM distshard.nodes}), '1', '... and there is no node more');
is($node1->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'distshard%' AND backend_type = 'client backend'}), '0',
	'... and no connection left');
$node1->safe_psql('postgres', q{DROP SCHEMA shop CASCADE; DROP EXTENSION citext});
$server->stop;

# What says that it is another major version is not asked any more
my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', Proto => 'tcp') or die $!;
my $old_server = fork // die $!;
if ($old_server == 0)
{
	while (my $client = $listener->accept)
	{
		my $request = '';
		while (sysread $client, $request, 10000)
		{
			my ($length, $code) = unpack 'N N', $request;
			my $is_startup = $code == 196608;
			syswrite $client, $is_startup ? "R\0\0\0\x08\0\0\0\0S\0\0\0\x19server_version\x0014.22\0Z\0\0\0\x05I" : 'N';
		}
	}
	POSIX::_exit(0);
}
like(error_of("SELECT distshard.add_node('127.0.0.1', " . $listener->sockport . ')'),
	qr/DETAIL:  It runs PostgreSQL 14, and this node PostgreSQL \d+.*HINT:  All nodes need the same major version/s,
	'another major version of PostgreSQL');
kill 'KILL', $old_server;
waitpid $old_server, 0;

# A standby
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
like(add_error($standby), qr/DETAIL:  It is a standby.*HINT:  Add its primary/s, 'a standby');
$standby->stop;

# Another version of the extension
$node->safe_psql('postgres', q{CREATE EXTENSION distshard; UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'distshard'});
like(add_error($node), qr/DETAIL:  Its database uses version 0.9 of distshard, and this one version .*HINT:  Use ALTER EXTENSION/s, 'another version');
$node->safe_psql('postgres', 'DROP EXTENSION distshard');

# Members of other clusters
$node->safe_psql('postgres', 'CREATE EXTENSION distshard; CREATE TABLE t (id int); ');
$node->safe_psql('postgres', q{SELECT create_distributed_table('t', 'id')});
like(add_error($node), qr/DETAIL:  It has 1 distributed tables of its own.*HINT:  Use undistribute_table/s, 'distributed tables');
$node->safe_psql('postgres', q{SELECT undistribute_table('t')});
$node->safe_psql('postgres', q{INSERT INTO distshard.node_group VALUES (2);
	INSERT INTO distshard.node (node_id, group_id, host, port) VALUES (2, 2, 'elsewhere', 1)});
like(add_error($node), qr/DETAIL:  It is one of 2 nodes of another cluster.*HINT:  Use distshard.remove_node/s, 'another cluster');
$node->safe_psql('postgres', q{SELECT distshard.leave_cluster(); DROP TABLE t});
is(extensions($node), '0', 'leave_cluster() takes the extension with it');

# A node that the others cannot reach
like(error_of(q{UPDATE distshard.node SET port = 1; SELECT distshard.add_node('localhost', } . $port . ')'),
	qr/08001: could not connect to node 1 \(localhost:1\).*HINT:.*set_node/s, 'a node at a wrong address');
is(extensions($node), '0', '... nothing remains of the extension');

is($node1->safe_psql('postgres', 'SELECT count(*) FROM distshard.node'), 1, 'so far no node was added');

done_testing();
