
=pod

=head1 NAME

Proxy - what goes between the coordinator and other nodes, looked at and held back

=head1 SYNOPSIS

  use Proxy;
  my $proxy = Proxy->new($cluster, nodes => [ 2, 3 ], message => sub {
	  my ($node_id, $direction, $data) = @_;    # $direction is 'sent' or 'answers'
  });
  ...
  $proxy->stop;

=head1 DESCRIPTION

From then on the coordinator opens its connections to those nodes by way of a process of its own, which calls I<message>
before it passes on what it has read: a message, several that came at once, or a piece of one. With I<hold_back>, a
number of seconds, answers wait so long for what is sent meanwhile, which goes first.

=cut

package Proxy;

use strict;
use warnings;

use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep);

sub new
{
	my ($class, $cluster, %self) = @_;
	my $self = bless { %self, select => IO::Select->new, target => {}, stream => {} }, $class;

	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	for my $node_id (@{ $self->{nodes} })
	{
		my $node = $cluster->node($node_id);
		my $name = '/.s.PGSQL.' . $node->port;
		my $listener = IO::Socket::UNIX->new(Local => "$dir$name", Listen => 10) or die $!;
		$self->{target}{$listener} = { node_id => $node_id, path => $node->host . $name };
		$self->{select}->add($listener);
		$cluster->coordinator->safe_psql('postgres', "UPDATE distshard.node SET socket_dir = '$dir' WHERE node_id = $node_id");
	}
	$self->{pid} = fork // die $!;
	if ($self->{pid} == 0)
	{
		$self->run;
		POSIX::_exit(0);
	}
	return $self;
}

sub stop
{
	my ($self) = @_;
	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

sub run
{
	my ($self) = @_;
	my ($select, $stream) = @$self{qw(select stream)};
	my $answers = sub { ($stream->{ $_[0] }{direction} // '') eq 'answers' };

	while (my @ready = $select->can_read)
	{
		if ($self->{hold_back} && grep { $answers->($_) } @ready)
		{
			sleep $self->{hold_back};
			@ready = $select->can_read(0);
		}
		for my $socket (sort { $answers->($a) <=> $answers->($b) } @ready)
		{
			next unless $select->exists($socket);
			my $target = $self->{target}{$socket};
			$target ? $self->connect_to($target, $socket->accept) : $self->pass_on($socket);
		}
	}
	return;
}

sub connect_to
{
	my ($self, $target, $client) = @_;
	my $server = IO::Socket::UNIX->new(Peer => $target->{path}) or die $!;
	$self->{stream}{$client} = { node_id => $target->{node_id}, direction => 'sent', to => $server };
	$self->{stream}{$server} = { node_id => $target->{node_id}, direction => 'answers', to => $client };
	$self->{select}->add($client, $server);
	return;
}

sub pass_on
{
	my ($self, $socket) = @_;
	my $stream = $self->{stream}{$socket};
	if (sysread $socket, my $data, 65536)
	{
		$self->{message}->(@$stream{qw(node_id direction)}, $data);
		syswrite $stream->{to}, $data;
		return;
	}
	$self->{select}->remove($socket, $stream->{to});
	close $_ for $stream->{to}, $socket;
	return;
}

1;
