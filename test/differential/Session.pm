
=pod

=head1 NAME

Session - runs statements on one server and writes down what they answer

=head1 DESCRIPTION

Answers are texts, made to be compared and to be read: rows (sorted, unless their order counts), the command tag,
all fields of an error that do not differ between any two servers, notices.

=cut

package Session;

use strict;
use warnings;

use JSON::PP;
use Wire;

my $explainable = qr/^\s*(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|VALUES|TABLE)\b/i;
my @error_fields = ([ C => 'SQLSTATE' ], [ D => 'DETAIL' ], [ s => 'schema' ], [ t => 'table' ], [ c => 'column' ],
	[ d => 'type' ], [ n => 'constraint' ]);

# $where is the options of Wire->new; protocol is simple, extended, prepared or explain. With any_row, errors may be
# about different rows.
sub new
{
	my ($class, $where, $protocol, %options) = @_;
	return bless { where => $where, protocol => $protocol, wires => {}, %options }, $class;
}

# The connection of a role, made when it is needed first.
sub wire
{
	my ($self) = @_;
	my $role = $self->{role} // 'postgres';
	for (1 .. 300) # as long as the server recovers from a crash
	{
		$self->{wires}{$role} //= eval { Wire->new(%{ $self->{where} }, user => $role) };
		last if $self->{wires}{$role} || $@ !~ /^the database system|^the connection is lost/;
		select undef, undef, undef, 0.1;
	}
	return $self->{wires}{$role} // die $@;
}

sub become
{
	my ($self, $role) = @_;
	$self->{role} = $role;
	return;
}

# Runs a statement as the protocol of this session says. Returns the answers to its runs.
sub run
{
	my ($self, $statement) = @_;
	my $protocol = defined $statement->{copy} || $statement->{plain} ? 'simple' : $self->{protocol};
	my @answers;

	$protocol = 'simple' if $protocol eq 'explain' && $statement->{sql} !~ $explainable;
	for my $run (@{ $statement->{runs} })
	{
		my @results = $self->$protocol($statement, $run);
		for my $i (0 .. $#results)
		{
			local $statement->{'any row'} = 1 if $i > 0 || $self->{any_row};
			push @answers, describe($results[$i], $statement);
		}
		$self->{wires} = {} if is_lost($results[-1]);
	}
	return \@answers;
}

sub is_lost
{
	my ($result) = @_;
	return $result->{error} && $result->{error}{C} eq 'lost';
}

sub simple
{
	my ($self, $statement, $run) = @_;
	return $self->wire->simple($run->{sql}, $statement->{copy});
}

sub extended
{
	my ($self, $statement, $run) = @_;
	my $prepared = $self->wire->prepare('', $statement->{with_numbers});
	return $prepared if $prepared->{error};
	return $self->wire->execute('', $run->{values});
}

# Often enough that the server goes over to a generic plan, with binary results.
sub prepared
{
	my ($self, $statement, $run) = @_;
	my $times = @{ $run->{values} } && !$self->{where}{plan_cache_mode} ? 7 : 2;
	my $prepared = $self->wire->prepare('statement', $statement->{with_numbers});
	my @results;

	return $prepared if $prepared->{error};
	$times = 1 if $statement->{sql} !~ $explainable;
	for (1 .. $times)
	{
		push @results,
		  $self->wire->execute('statement', $run->{values}, formats => Wire::binary_formats($prepared->{columns} // []));
		last if $results[-1]{error};
	}
	$self->wire->deallocate('statement') unless is_lost($results[-1]);
	return @results;
}

# EXPLAIN without and with ANALYZE, whose JSON has to be valid; nothing else of it is compared.
sub explain
{
	my ($self, $statement, $run) = @_;
	my ($plan) = $self->wire->simple("EXPLAIN (VERBOSE) $run->{sql}");
	return $plan if $plan->{error};
	($plan) = $self->wire->simple("EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) $run->{sql}");
	return $plan if $plan->{error};
	my $is_valid = eval { decode_json(join "\n", map { $_->[0] } @{ $plan->{rows} }) };
	return { tag => $is_valid ? 'EXPLAIN' : 'EXPLAIN with broken JSON' };
}

sub describe
{
	my ($result, $statement) = @_;
	my @lines;

	if ($result->{columns} && !$result->{error}) # rows before an error are a matter of chance
	{
		my @rows = map { join ' | ', map { defined $_ ? $_ eq '' ? "''" : $_ : 'NULL' } @$_ } @{ $result->{rows} };
		@rows = sort @rows unless $statement->{ordered};
		@rows = (scalar(@rows) . ' rows') if $statement->{count};
		push @lines, 'columns: ' . join ', ', map { "$_->[0]:" . ($_->[1] < 16384 ? $_->[1] : 'user') . ":$_->[3]" }
		  @{ $result->{columns} };
		push @lines, @rows;
	}
	push @lines, 'copied:', sorted_copy($result->{copied}, $statement) if defined $result->{copied};
	push @lines, $result->{tag} if defined $result->{tag};
	push @lines, describe_error($result->{error}, $statement) if $result->{error};
	push @lines, @{ $result->{notices} // [] };
	return join "\n", @lines;
}

sub sorted_copy
{
	my ($copied, $statement) = @_;
	return unpack 'H*', $copied if $statement->{sql} =~ /\bbinary\b/i;
	my @lines = split /\n/, $copied;
	return $statement->{ordered} ? @lines : sort @lines;
}

sub describe_error
{
	my ($error, $statement) = @_;
	my $any_row = $statement->{'any row'};
	my $any_partition = $any_row && $error->{C} =~ /^23/; # names the one that the row is in, or its constraint
	my $skipped = $any_partition ? qr/[Dtn]/ : $any_row ? qr/D/ : qr/^$/;
	my $message = $any_partition ? $error->{M} =~ s/"[^"]*"/"..."/gr : $error->{M};
	my @fields = grep { defined $error->{ $_->[0] } && $_->[0] !~ $skipped } @error_fields;
	return "ERROR: $message", map { "$_->[1]: $error->{$_->[0]}" } @fields;
}

1;
