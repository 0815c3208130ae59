
=pod

=head1 NAME

Spec - reads an isolation spec

=head1 DESCRIPTION

The language is that of PostgreSQL's isolationtester, with three additions:

  tables { SQL }        runs once, on the coordinator
  distribute { SQL }    runs once after it, in the cluster only
  setup { SQL }         runs before each permutation, on the coordinator
  teardown { SQL }      runs after each permutation, on the coordinator
  session NAME [on N]   a session, on node N of the cluster if that matters
    setup { SQL }       runs in it before each permutation
    step NAME { SQL }   what permutations consist of
  permutation NAME...   steps in an order; without any, all orders that keep the order of each session's steps

A step that waits for a lock is left waiting, as isolationtester does. Comments begin with #.

=cut

package Spec;

use strict;
use warnings;

sub read_spec
{
	my ($file) = @_;
	my $spec = { tables => [], distribute => [], setup => [], teardown => [], sessions => [], steps => {}, permutations => [] };
	open my $handle, '<', $file or die "$file: $!\n";
	my $text = do { local $/; <$handle> };
	$text =~ s/^\s*#.*\n//mg;

	while ($text =~ /\S/)
	{
		if ($text =~ s/^\s*session\s+(\w+)(?:\s+on\s+(\d+))?//)
		{
			push @{ $spec->{sessions} }, { name => $1, node => $2, setup => [], steps => [] };
		}
		elsif ($text =~ s/^\s*permutation((?:[ \t]+\w+)+)\s*$//m)
		{
			push @{ $spec->{permutations} }, [ split ' ', $1 ];
		}
		elsif ($text =~ s/^\s*(tables|distribute|setup|teardown|step\s+(\w+))\s*\{\s*(.*?)\s*\}\s*$//ms)
		{
			add_block($spec, $1, $2, $3);
		}
		else { die "$file: cannot read: " . substr($text, 0, 60) . "\n" }
	}
	$spec->{permutations} = [ interleave(map { $_->{steps} } @{ $spec->{sessions} }) ] unless @{ $spec->{permutations} };
	for my $name (map { @$_ } @{ $spec->{permutations} })
	{
		die "$file: no step $name\n" unless $spec->{steps}{$name};
	}
	return $spec;
}

# A block of SQL belongs to the session above it, if there is one.
sub add_block
{
	my ($spec, $kind, $step, $sql) = @_;
	my $session = $spec->{sessions}[-1];

	if (defined $step)
	{
		$spec->{steps}{$step} = { name => $step, sql => $sql, session => $#{ $spec->{sessions} } };
		push @{ $session->{steps} }, $step;
	}
	else
	{
		push @{ ($session // $spec)->{$kind} }, $sql;
	}
	return;
}

sub interleave
{
	my (@lists) = @_;
	my @orders;

	return [] unless grep { @$_ } @lists;
	for my $i (grep { @{ $lists[$_] } } 0 .. $#lists)
	{
		my ($first, @rest) = @{ $lists[$i] };
		push @orders, [ $first, @$_ ] for interleave(map { $_ == $i ? \@rest : $lists[$_] } 0 .. $#lists);
	}
	return @orders;
}

1;
