
=pod

=head1 NAME

Wire - PostgreSQL's protocol, just enough to see all that a statement answers

=head1 SYNOPSIS

  my $wire = Wire->new(socket => '/tmp/.s.PGSQL.5432', user => 'postgres', database => 'app');
  my @results = $wire->simple('SELECT 1; SELECT 2');
  my $error = $wire->prepare('name', 'SELECT $1::int');
  my ($result) = $wire->execute('name', ['1'], binary => 1);

=head1 DESCRIPTION

psql hides the types of columns, the fields of errors and the extended protocol, so the tests talk to the server
themselves. Authentication must be "trust". A result is a hash:

  columns  [ [name, type OID], ... ], undefined if the statement returns no rows
  rows     [ [value, ...], ... ], a binary value as \x...
  copied   what COPY TO STDOUT sent
  tag      the command tag
  error    the fields of the error by their letters (C: SQLSTATE, M: message, ...)
  notices  [ "SEVERITY: message", ... ]

A lost connection is an error with the SQLSTATE "lost".

=cut

package Wire;

use strict;
use warnings;

use IO::Socket::UNIX;

my $first_user_oid = 16384;
my %not_comparable = map { $_ => 1 } 26, 24, 1008, 2202 .. 2211, 3734, 3735, 3769, 3770, 4089, 4090, 4096, 4097, 4191, 4192,
	2249, 2287, # oid, regclass and its like, record
  1007; # int[]: its flags tell whether there was a NULL once

sub new
{
	my ($class, %options) = @_;
	my $socket = IO::Socket::UNIX->new(Peer => $options{socket}) or die "$options{socket}: $!\n";
	my $self = bless { socket => $socket, received => '', parameters => {} }, $class;
	my $startup = pack 'N', 196608;

	$startup .= "$_\0$options{$_}\0" for grep { $_ ne 'socket' } sort keys %options;
	$startup .= "\0";
	$self->transmit(pack('N', 4 + length $startup) . $startup);
	my ($result) = $self->collect;
	die "$result->{error}{M}\n" if $result->{error};
	return $self;
}

sub close
{
	my ($self) = @_;
	$self->transmit(message('X'));
	close $self->{socket};
	return;
}

# Runs SQL by the simple protocol; $copy is what COPY FROM STDIN gets. Returns a result for each statement.
sub simple
{
	my ($self, $sql, $copy) = @_;
	$self->transmit(message('Q', "$sql\0"));
	return $self->collect($copy);
}

# Makes a server-side prepared statement. Returns a result that holds an error or its columns.
sub prepare
{
	my ($self, $name, $sql) = @_;
	$self->transmit(message('P', "$name\0$sql\0" . pack('n', 0)) . message('D', "S$name\0") . message('S'));
	my ($result) = $self->collect;
	return $result;
}

# Executes a prepared statement; values are text, or undefined for NULL.
sub execute
{
	my ($self, $name, $values, %options) = @_;
	my $bind = "\0$name\0" . pack('n n', 0, scalar @$values);

	$bind .= defined $_ ? pack('N/a*', $_) : pack('N', 0xffffffff) for @$values;
	$bind .= $options{formats} ? pack('n n*', scalar @{ $options{formats} }, @{ $options{formats} }) : pack('n', 0);
	$self->transmit(
		message('B', $bind) . message('D', "P\0") . message('E', "\0" . pack('N', $options{rows} // 0)) . message('S'));
	return $self->collect($options{copy});
}

# Drops a prepared statement, also in a failed transaction.
sub deallocate
{
	my ($self, $name) = @_;
	$self->transmit(message('C', "S$name\0") . message('S'));
	return $self->collect;
}

# The formats in which to ask for columns: binary, but for those whose binary form contains OIDs of user's
# objects or says more than the value.
sub binary_formats
{
	my ($columns) = @_;
	return [ map { $_->[1] >= $first_user_oid || $not_comparable{ $_->[1] } ? 0 : 1 } @$columns ];
}

sub message
{
	my ($type, $body) = @_;
	$body //= '';
	return $type . pack('N', 4 + length $body) . $body;
}

sub transmit
{
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';
	while (length $bytes)
	{
		my $sent = syswrite $self->{socket}, $bytes;
		last unless defined $sent;
		substr($bytes, 0, $sent) = '';
	}
	return;
}

sub receive
{
	my ($self, $length) = @_;
	while (length $self->{received} < $length)
	{
		sysread($self->{socket}, $self->{received}, 65536, length $self->{received}) or return;
	}
	return substr $self->{received}, 0, $length, '';
}

# Reads messages until the server is ready for the next query.
sub collect
{
	my ($self, $copy) = @_;
	my (@results, @notices);
	my $result = {};
	my $finish = sub { push @results, $result; $result = {}; };

	while (1)
	{
		my $header = $self->receive(5);
		my ($type, $length) = $header ? unpack 'a N', $header : ();
		my $body = $header && $self->receive($length - 4);
		unless (defined $body)
		{
			$result->{error} = { C => 'lost', M => 'the connection is lost' };
			$finish->();
			last;
		}
		if ($type eq 'T')
		{
			$result->{columns} = read_columns($body);
		}
		elsif ($type eq 'D') { push @{ $result->{rows} }, read_row($result->{columns}, $body) }
		elsif ($type eq 'C') { $result->{tag} = unpack 'Z*', $body; $finish->() }
		elsif ($type eq 'I') { $result->{tag} = ''; $finish->() }
		elsif ($type eq 's') { $result->{tag} = 'suspended'; $finish->() }
		elsif ($type eq 'E') { $result->{error} = read_fields($body); $finish->() }
		elsif ($type eq 'N')
		{
			my $fields = read_fields($body);
			push @notices, "$fields->{V}: $fields->{M}";
		}
		elsif ($type eq 'S')
		{
			my ($name, $value) = unpack 'Z* Z*', $body;
			$self->{parameters}{$name} = $value;
		}
		elsif ($type eq 'G') { $self->transmit(message('d', $copy // '') . message('c')) }
		elsif ($type eq 'd') { $result->{copied} .= $body }
		elsif ($type eq 'Z')
		{
			$self->{in_transaction} = $body ne 'I';
			$finish->() if $result->{columns} || !@results;
			last;
		}
	}
	$results[-1]{notices} = \@notices;
	return @results;
}

sub read_columns
{
	my ($body) = @_;
	my @fields = unpack 'n/(Z* N n N n N n)', $body;
	my @columns;

	while (my ($name, $table, $number, $type, $size, $modifier, $format) = splice @fields, 0, 7)
	{
		push @columns, [ $name, $type, $format, $modifier ];
	}
	return \@columns;
}

sub read_row
{
	my ($columns, $body) = @_;
	my $count = unpack 'n', $body;
	my $at = 2;
	my @values;

	for my $i (0 .. $count - 1)
	{
		my $length = unpack "\@$at N", $body;
		$at += 4;
		if ($length == 0xffffffff)
		{
			push @values, undef;
			next;
		}
		my $value = substr $body, $at, $length;
		$value = '\x' . unpack 'H*', $value if $columns->[$i][2];
		push @values, $value;
		$at += $length;
	}
	return \@values;
}

sub read_fields
{
	my ($body) = @_;
	return { map { /^(.)(.*)$/s ? ($1 => $2) : () } split /\0/, $body };
}

1;
