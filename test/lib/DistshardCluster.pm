
=pod

=head1 NAME

DistshardCluster - a distshard cluster for a TAP test

=head1 SYNOPSIS

  use DistshardCluster;
  my $cluster = DistshardCluster->new(workers => 2);
  $cluster->coordinator->safe_psql('postgres', 'SELECT ...');

  # with settings for all servers
  my $cluster = DistshardCluster->new(workers => 1, conf => "work_mem = '1MB'\n");

  # a second cluster needs another name for its servers
  my $other = DistshardCluster->new(workers => 1, name => 'other');

  # servers that do not know of each other yet
  my $node = DistshardCluster::start_server('lone');
  $cluster->add($node);

=head1 DESCRIPTION

Each node is a running PostgreSQL::Test::Cluster with distshard preloaded, and is removed when the test ends.
Everything is in the database "postgres", and done by its superuser "postgres" unless a test says otherwise. node(1)
is the coordinator, node(2) and up are the workers, numbered as in distshard.nodes.

=cut

package DistshardCluster;

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

sub new
{
	my ($class, %options) = @_;
	my $self = bless { nodes => [], conf => $options{conf} // '' }, $class;

	my $name = $options{name} // 'node';
	my $coordinator = start_server("${name}1", $self->{conf});
	$coordinator->safe_psql('postgres', 'CREATE EXTENSION distshard');
	push @{ $self->{nodes} }, $coordinator;
	$self->add(start_server("$name$_", $self->{conf})) for 2 .. ($options{workers} // 0) + 1;
	return $self;
}

# Starts a server that distshard can be used on, without creating the extension.
sub start_server
{
	my ($name, $conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	init($node);
	$ENV{PGUSER} = 'postgres';
	$node->append_conf(
		'postgresql.conf', "listen_addresses = 'localhost'
shared_preload_libraries = 'distshard'
wal_level = logical
max_prepared_transactions = 100
" . ($conf // ''));
	$node->start;
	return $node;
}

# The server of a killed process shuts down, as the test library sets restart_after_crash = off.
sub await_death
{
	my ($node) = @_;
	for (1 .. 100)
	{
		return unless -f $node->data_dir . '/postmaster.pid';
		select(undef, undef, undef, 0.1);
	}
	die $node->name . " goes on though a process of it was killed\n";
}

sub revive
{
	my ($node) = @_;
	await_death($node);
	$node->_update_pid(0);
	$node->start;
}

my $servers = 0;

# initdb takes longer than all else that starts a server, so its result is kept for other tests. The servers of one test
# are not copies of the same, since each has an identifier.
sub init
{
	my ($node) = @_;
	my $copy = "$ENV{TESTDIR}/initialized/" . $servers++;

	if (-d $copy)
	{
		mkdir $_ foreach $node->backup_dir, $node->archive_dir;
		system_or_bail('cp', '-r', $copy, $node->data_dir);
		$node->append_conf('postgresql.conf', 'port = ' . $node->port . "\nunix_socket_directories = '" . $node->host . "'");
		return;
	}
	$node->init(extra => [qw(--username=postgres --encoding=UTF8 --locale=C.UTF-8)]);
	mkdir "$ENV{TESTDIR}/initialized";
	system_or_bail('cp', '-r', $node->data_dir, "$copy.$$");
	rename "$copy.$$", $copy; # if it fails, another test was faster
	return;
}

# Adds a running server to the cluster, and returns its node_id.
sub add
{
	my ($self, $node) = @_;
	my $port = $node->port;
	my $node_id = $self->coordinator->safe_psql('postgres', "SELECT distshard.add_node('localhost', $port)");
	push @{ $self->{nodes} }, $node;
	return $node_id;
}

sub node
{
	my ($self, $node_id) = @_;
	return $self->{nodes}[ $node_id - 1 ];
}

sub nodes
{
	my ($self) = @_;
	return @{ $self->{nodes} };
}

sub coordinator
{
	my ($self) = @_;
	return $self->node(1);
}

sub workers
{
	my ($self) = @_;
	my ($coordinator, @workers) = $self->nodes;
	return @workers;
}

# For each node_id, one of the keys k from 1 to 100 whose shard of the table the node holds.
sub key_on_each_node
{
	my ($self, $table) = @_;
	my %key;
	for my $k (1 .. 100)
	{
		my ($node) = $self->coordinator->safe_psql('postgres', "EXPLAIN SELECT * FROM $table WHERE k = $k") =~ /Node: (\d)/;
		$key{ $node // 1 } //= $k;
	}
	return %key;
}

1;
