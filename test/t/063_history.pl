# The checker of histories (test/history) on histories made by hand: it finds each anomaly, and none where there is none.
use strict;
use warnings;

use History;
use Test::More;

# A history is written as in "T1: x+1 y=1,2 | T2!: x+2": T1 appends 1 to x and reads (1, 2) in y; ! means that it was
# aborted, ? that nobody knows, ' that it was one statement, @ that it began when all before it were over.
sub history
{
	my ($text) = @_;
	my @transactions;
	my $time = 0;
	foreach (split /\s*\|\s*/, $text)
	{
		my ($id, $mark, $operations) = /^(\w+)(\W?): ?(.*)$/ or die $_;
		$time += 10 if $mark eq '@';
		my @operations;
		foreach (split ' ', $operations)
		{
			/^(\w+)(?:\+(\d+)|=([\d,]*))$/ or die $_;
			push @operations, defined $2 ? { at => $time, key => $1, append => $2 } : { at => $time, key => $1, list => [ split /,/, $3 ] };
		}
		push @transactions,
		  {
			id => $id, operations => \@operations, statement => $mark eq q{'}, ended => $mark eq '?' ? undef : $time + 5,
			outcome => $mark eq '!' ? 'aborted' : $mark eq '?' ? 'unknown' : 'committed'
		  };
	}
	return \@transactions;
}

sub finds
{
	my ($text, $expected, $what, %options) = @_;
	my %found = map { $_->[0] => $_->[1] } History::anomalies(history($text), %options);
	is(join(', ', sort keys %found), $expected, $what) or diag join "\n", %found;
	return;
}

# Nothing wrong
finds('', '', 'nothing at all');
finds('T1: x+1 y+2 | T2: x=1 y=2 x+3 | T3: x= y= | T4@: x=1,3 y=2', '', 'a serial history');
finds('T1: x+1 x=1 x+2 x=1,2', '', 'a transaction that sees its own appends');
finds('T1: x=1 x+2 x=1,2 | T2: x+1 | T3@: x=1,2', '', 'and those of others before');
finds('T1!: x+1 | T2!: y+2 x=1 | T3: x= y=', '', 'aborted transactions');
finds('T1?: x+1 y+2 | T2: x=1 y=2', '', 'one of unknown outcome that is seen');
finds('T1?: x+1 y+2 | T2: x= y=', '', 'and one that is not');
finds('T1: x= y+1 | T2: y= x+2 | T3@: x=2 y=1', '', 'write skew is permitted');
finds('T1: x+1 | T2: x+2 | T3: x=1 x=1,2 | T4@: x=1,2', '', 'reads of two snapshots in statements of their own', snapshot => 'statement');

# One of each
finds('T1: x+1 y+2 | T2: x+3 y+4 | T3: x=1,3 y=4,2', 'G0', 'dirty write');
finds('T1!: x+1 | T2: x=1', 'G1a', 'aborted read');
finds('T1: x+1 | T2: x=1,7', 'G1a', 'a value from nowhere');
finds('T1: x+1 x+2 | T2: x=1 | T3: x=1,2', 'G-single, G1b', 'intermediate read');
finds('T1: x+1 x+2 | T2: x=1', 'G-single, G1b', 'the same when nobody sees the rest');
finds('T1: x+1 y=2 | T2: y+2 x=1', 'G1c', 'circular flow of information');
finds('T1: x+1 z=3 | T2: x=1 y+2 | T3: y=2 z+3', 'G1c', 'of three transactions');
finds('T1: x+1 y+2 | T2: x=1 y= | T3: x=1 y=2', 'G-single', 'read skew');
finds('T1: x+1 y+2 | T2: x=1 y=', 'G-single', 'the same when nobody sees the rest');
finds(q{T1: x+1 y+2 | T2': x=1 y=}, 'G-single, fractured read', 'within a statement');
finds(q{T1: x+1 y+2 | T2': x=1 y=}, 'fractured read', 'where statements have their own snapshots', snapshot => 'statement');
finds('T1: x= x+1 | T2: x= x+2 | T3: x=1,2', 'G-single, lost update', 'lost update');
finds('T0: x+9 | T1: x=9 x+1 | T2: x=9 x+2 | T3: x=9,1,2', 'G-single, lost update', 'of a list with something in it');
finds('T1: x+1 | T2: y+2 | T3: x=1 y= | T4: x= y=2 | T5: x=1 y=2', 'long fork', 'long fork');
finds('T1: x+1 | T2: x=  x=1', 'G-single', 'a read that cannot be repeated');
finds('T1: x+1 | T2: x=1,1', 'duplicate', 'an append that took effect twice');
finds('T1: x+1 x= | T2: x=1', 'unseen own append', 'a transaction that does not see what it did');
finds('T1: x+1 | T2@: x=', 'stale read', 'an acknowledged append that is not seen');

my $final = history('T1: x+1 | T2@: x=');
$final->[1]{final} = 1;
is((History::anomalies($final))[0][0], 'lost append', 'an append that is not there in the end');

my %order = map { $_->[0] => 1 } History::anomalies(history('T1: x+1 | T2: x+2 | T3: x=1,2 | T4: x=2,1'));
ok($order{'incompatible order'}, 'two orders of the same list');

# It is not taken in by size, and finds the one circle in a long history.
my @long = map { my $n = $_; "A$n: x+$n y+" . ($n + 1000) . " | B$n: x=" . join(',', 1 .. $n) . ' y=' . join(',', map { $_ + 1000 } 1 .. $n) } 1 .. 200;
finds(join(' | ', @long), '', 'a long history');
$long[150] =~ s/,1151$//;
finds(join(' | ', @long), 'G-single', 'one read skew in it');

done_testing();
