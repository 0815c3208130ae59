
=pod

=head1 NAME

History - finds what transactions saw that they should not have seen

=head1 SYNOPSIS

  use History;
  print "$_->[0]: $_->[1]\n" foreach History::anomalies(\@transactions, snapshot => 'transaction');

=head1 DESCRIPTION

Transactions append values to lists, each list under a key, and read lists. No value is appended twice, so a list that is
read tells whose appends were seen, and in which order they took effect. From that follows which transaction has to come
before which other one: it wrote the version before the other's (ww), or the one that the other read (wr), or read the
version before the other's (rw). What goes round in a circle did not happen in any order.

A transaction is a hash:

  id          its name in messages
  outcome     committed, aborted or unknown
  ended       when the outcome was known; undefined if it never was
  operations  [ { at => TIME, key => KEY, append => VALUE } or { at => TIME, key => KEY, list => [VALUE, ...] }, ... ]
  statement   true if the transaction was one statement
  final       true if it ran when all others were over

anomalies() returns a list of [KIND, DESCRIPTION]. The kinds, after Adya and Elle:

  incompatible order  two reads show the same appends in different orders
  duplicate       a list has a value twice
  unseen own append  a transaction does not see its own appends, as the last ones
  G0              a circle of ww
  G1a             an aborted append is read
  G1b             an append is read that its transaction followed by another one to the same list
  G1c             a circle of ww and wr
  lost update     two transactions append to the same version of a list, after they read it
  G-single        a circle with one rw: read skew and the like
  long fork       a circle with several rw, no two of them in a row, as when two readers see two appends in different orders
  fractured read  a transaction of one statement sees one append of another transaction, and not another one
  stale read      an append is not seen that was acknowledged before the statement (or the transaction) began
  lost append     the same, in a final transaction

Circles with two rw in a row, as in write skew, are not looked for: snapshot isolation permits them.

With snapshot => 'statement' each statement may have a snapshot of its own, and circles with rw are not looked for.

=cut

package History;

use strict;
use warnings;

# How many of a kind are described.
my $enough = 5;

sub anomalies
{
	my ($transactions, %options) = @_;
	my $self = bless { transactions => $transactions, found => {}, snapshot => $options{snapshot} // 'transaction' };

	$self->index_appends;
	$self->find_orders;
	$self->check_reads;
	$self->check_acknowledged;
	$self->check_fractured;
	$self->make_edges;
	$self->check_circles;
	return map { my $kind = $_; map { [ $kind, $_ ] } @{ $self->{found}{$kind} } } sort keys %{ $self->{found} };
}

sub found
{
	my ($self, $kind, $text) = @_;
	push @{ $self->{found}{$kind} }, $text if @{ $self->{found}{$kind} // [] } < $enough;
	return;
}

sub enough_of
{
	my ($self, $kind) = @_;
	return @{ $self->{found}{$kind} // [] } >= $enough;
}

# writer: whose a value is; last: the last value that a transaction appended to a key.
sub index_appends
{
	my ($self) = @_;
	foreach my $transaction (@{ $self->{transactions} })
	{
		$self->{by_id}{ $transaction->{id} } = $transaction;
		foreach my $operation (@{ $transaction->{operations} })
		{
			next unless defined $operation->{append};
			$self->{writer}{ $operation->{append} } = $transaction;
			$self->{last}{ $transaction->{id} }{ $operation->{key} } = $operation->{append};
		}
	}
	return;
}

# What a committed transaction read; the lists without what it had appended itself are "before".
sub reads
{
	my ($self) = @_;
	return @{ $self->{reads} } if $self->{reads};
	foreach my $transaction (grep { $_->{outcome} eq 'committed' } @{ $self->{transactions} })
	{
		my %own;
		foreach my $operation (@{ $transaction->{operations} })
		{
			my $key = $operation->{key};
			if (defined $operation->{append})
			{
				push @{ $own{$key} }, $operation->{append};
				next;
			}
			my @before = @{ $operation->{list} };
			my @appended = @{ $own{$key} // [] };
			my @tail = splice @before, @before < @appended ? 0 : @before - @appended;
			$self->found('unseen own append', "$transaction->{id} appended @appended to $key and read (@before @tail)") unless "@tail" eq "@appended";
			push @{ $self->{reads} }, { transaction => $transaction, %$operation, before => \@before };
		}
	}
	return @{ $self->{reads} //= [] };
}

# The longest list of a key is the order of its appends: all others must be the beginning of it.
sub find_orders
{
	my ($self) = @_;
	my $order = $self->{order} = {};
	foreach my $read ($self->reads)
	{
		my %seen;
		my ($twice) = grep { $seen{$_}++ } @{ $read->{list} };
		$self->found('duplicate', "$read->{transaction}{id} read $twice twice in $read->{key}") if defined $twice;
		$order->{ $read->{key} } //= [];
		$order->{ $read->{key} } = $read->{list} if @{ $read->{list} } > @{ $order->{ $read->{key} } };
	}
	foreach my $read ($self->reads)
	{
		my @list = @{ $read->{list} } or next;
		my @beginning = @{ $order->{ $read->{key} } }[ 0 .. $#list ];
		$self->found('incompatible order', "$read->{transaction}{id} read (@list) in $read->{key}, others (@beginning)") unless "@list" eq "@beginning";
	}

	# What was read is committed, even if nobody was told.
	foreach my $value (map { @$_ } values %$order)
	{
		$self->{seen}{$value} = 1;
		my $writer = $self->{writer}{$value} or next;
		$writer->{outcome} = 'committed' if $writer->{outcome} eq 'unknown';
	}
	delete $self->{reads};
	return;
}

sub check_reads
{
	my ($self) = @_;
	foreach my $read ($self->reads)
	{
		my ($reader, $key) = ($read->{transaction}, $read->{key});
		foreach my $value (@{ $read->{list} })
		{
			my $writer = $self->{writer}{$value};
			$self->found('G1a', "$reader->{id} read $value in $key, which " . ($writer ? $writer->{id} : 'nobody') . ' committed')
			  if !$writer || $writer->{outcome} eq 'aborted';
		}
		my $value = $read->{before}[-1] // next;
		my $writer = $self->{writer}{$value} // next;
		my $last = $self->{last}{ $writer->{id} }{$key};
		$self->found('G1b', "$reader->{id} read $key up to $value, but $writer->{id} appended $last later")
		  if $writer != $reader && $last ne $value;
	}
	return;
}

sub check_acknowledged
{
	my ($self) = @_;
	my %acknowledged;
	foreach my $transaction (grep { $_->{outcome} eq 'committed' && defined $_->{ended} } @{ $self->{transactions} })
	{
		push @{ $acknowledged{ $_->{key} } }, [ $transaction->{ended}, $_->{append} ]
		  foreach grep { defined $_->{append} } @{ $transaction->{operations} };
	}
	foreach my $read ($self->reads)
	{
		my %seen = map { $_ => 1 } @{ $read->{list} };
		my $reader = $read->{transaction};
		my $at = $self->{snapshot} eq 'transaction' ? $reader->{operations}[0]{at} : $read->{at};
		foreach (@{ $acknowledged{ $read->{key} } // [] })
		{
			my ($ended, $value) = @$_;
			$self->found($reader->{final} ? 'lost append' : 'stale read',
				"$reader->{id} did not see $value in $read->{key}, acknowledged before")
			  if defined $at && $ended < $at && !$seen{$value};
		}
	}
	return;
}

sub check_fractured
{
	my ($self) = @_;
	foreach my $reader (grep { $_->{statement} && $_->{outcome} eq 'committed' } @{ $self->{transactions} })
	{
		my %list = map { $_->{key} => { map { $_ => 1 } @{ $_->{list} } } } grep { $_->{list} } @{ $reader->{operations} };
		my %writers = map { $_->{id} => $_ } map { $self->{writer}{$_} // () } map { keys %$_ } values %list;
		foreach my $writer (values %writers)
		{
			my ($missing) = grep { defined $_->{append} && $list{ $_->{key} } && !$list{ $_->{key} }{ $_->{append} } } @{ $writer->{operations} };
			$self->found('fractured read', "$reader->{id} saw a part of $writer->{id}, but not $missing->{append} in $missing->{key}") if $missing;
		}
	}
	return;
}

# edges{KIND}{FROM}{TO}, of committed transactions. Appends that nobody saw come after those that somebody did.
sub make_edges
{
	my ($self) = @_;
	my %edges = (ww => {}, wr => {}, rw => {});
	my $add = sub {
		my ($kind, $from, $to) = @_;
		$edges{$kind}{ $from->{id} }{ $to->{id} } = 1 if $from && $to && $from != $to && $from->{outcome} eq 'committed' && $to->{outcome} eq 'committed';
	};
	my (%updates, %unseen);

	foreach my $transaction (@{ $self->{transactions} })
	{
		push @{ $unseen{ $_->{key} } }, $transaction foreach grep { defined $_->{append} && !$self->{seen}{ $_->{append} } } @{ $transaction->{operations} };
	}
	foreach my $key (keys %{ $self->{order} })
	{
		my @writers = map { $self->{writer}{$_} } @{ $self->{order}{$key} };
		$add->('ww', @writers[ $_ - 1, $_ ]) foreach 1 .. $#writers;
		$add->('ww', $writers[-1], $_) foreach @writers ? @{ $unseen{$key} // [] } : ();
	}
	foreach my $read ($self->reads)
	{
		my ($reader, $key, @before) = (@$read{qw(transaction key)}, @{ $read->{before} });
		$add->('wr', $self->{writer}{ $before[-1] }, $reader) if @before;
		my $next = $self->{order}{$key}[ @{ $read->{list} } ];
		$add->('rw', $reader, $_) foreach defined $next ? $self->{writer}{$next} : @{ $unseen{$key} // [] };
		$updates{$key}{@before}{ $reader->{id} } = 1 if $self->{last}{ $reader->{id} }{$key};
	}
	foreach my $key ($self->{snapshot} eq 'transaction' ? keys %updates : ())
	{
		my @lost = grep { keys %$_ > 1 } values %{ $updates{$key} };
		$self->found('lost update', join(' and ', sort keys %$_) . " read the same of $key and appended to it") foreach @lost;
	}
	$self->{edges} = \%edges;
	return;
}

# All edges, {KIND}{FROM}{TO}, that may be part of a circle: from FROM to [[TO, KIND], ...].
sub core
{
	my ($all_edges) = @_;
	my (%to, %from);
	foreach my $edges (values %$all_edges)
	{
		foreach my $a (keys %$edges) { $to{$a}{$_} = $from{$_}{$a} = 1 foreach keys %{ $edges->{$a} } }
	}
	my @ends = grep { !$from{$_} || !$to{$_} } keys %{ { %to, %from } };
	while (defined(my $end = pop @ends))
	{
		foreach ([ \%to, \%from ], [ \%from, \%to ])
		{
			my ($there, $back) = @$_;
			foreach my $neighbour (keys %{ delete $there->{$end} // {} })
			{
				delete $back->{$neighbour}{$end};
				next if %{ $back->{$neighbour} // {} } || !$back->{$neighbour};
				delete $back->{$neighbour};
				push @ends, $neighbour;
			}
		}
	}
	my %core;
	foreach my $kind (keys %$all_edges)
	{
		my $edges = $all_edges->{$kind};
		foreach my $a (keys %to) { push @{ $core{$a} }, map { [ $_, $kind ] } grep { $to{$_} } keys %{ $edges->{$a} // {} } }
	}
	return \%core;
}

# The shortest way back from the end of an edge to its start, as text; no two rw in a row, and with so many rw at most.
sub circle
{
	my ($core, $from, $kind, $to, $max_rw) = @_;
	my $key = sub { join "\0", @_ };
	my @queue = ([ $to, $kind eq 'rw' ? 1 : 0, 0, "$from -$kind-> $to" ]);
	my %seen = ($key->(@{ $queue[0] }[ 0, 1 ]) => 1);

	while (my $state = shift @queue)
	{
		my ($node, $after_rw, $rw, $path) = @$state;
		return $path if $node eq $from && !($after_rw && $kind eq 'rw');
		foreach (@{ $core->{$node} // [] })
		{
			my ($next, $edge) = @$_;
			my $is_rw = $edge eq 'rw' ? 1 : 0;
			next if $is_rw && ($after_rw || $rw >= $max_rw) || $seen{ $key->($next, $is_rw) }++;
			push @queue, [ $next, $is_rw, $rw + $is_rw, "$path -$edge-> $next" ];
		}
	}
	return;
}

sub check_circles
{
	my ($self) = @_;
	my ($ww, $wr) = @{ $self->{edges} }{qw(ww wr)};
	$self->find_circles('G0', core({ ww => $ww }), 'ww', 0);
	$self->find_circles('G1c', core({ ww => $ww, wr => $wr }), 'wr', 0);
	return if $self->{snapshot} eq 'statement';
	my $core = core($self->edges_of_isolated);
	$self->find_circles('G-single', $core, 'rw', 0);
	$self->find_circles('long fork', $core, 'rw', 1_000_000);
	return;
}

# The edges between transactions that are in a circle without two rw in a row. Circles with two are many, and no wonder,
# so that looking for the others among them would take long: another rw after each ww and wr makes one edge here.
sub edges_of_isolated
{
	my ($self) = @_;
	my (%steps, %in, %result);
	foreach my $edges (@{ $self->{edges} }{qw(ww wr)})
	{
		foreach my $from (keys %$edges)
		{
			foreach my $to (keys %{ $edges->{$from} })
			{
				$steps{$from}{$_}{$to} = 1 foreach $to, keys %{ $self->{edges}{rw}{$to} // {} };
			}
		}
	}
	my $core = core({ step => \%steps });
	foreach my $from (keys %$core)
	{
		foreach my $to (map { $_->[0] } @{ $core->{$from} }) { $in{$_} = 1 foreach $from, keys %{ $steps{$from}{$to} } }
	}
	foreach my $kind (keys %{ $self->{edges} })
	{
		my $edges = $self->{edges}{$kind};
		foreach my $from (grep { $in{$_} } keys %$edges) { $result{$kind}{$from}{$_} = 1 foreach grep { $in{$_} } keys %{ $edges->{$from} } }
	}
	return \%result;
}

# Circles through an edge of the one kind.
sub find_circles
{
	my ($self, $name, $core, $through, $max_rw) = @_;
	foreach my $from (sort keys %$core)
	{
		foreach my $edge (grep { $_->[1] eq $through } @{ $core->{$from} })
		{
			last if $self->enough_of($name);
			my $circle = circle($core, $from, $through, $edge->[0], $max_rw) // next;
			next if $max_rw > 0 && ($circle =~ s/-rw->/-rw->/g) < 2;    # G-single has it
			$self->found($name, $circle);
		}
	}
	return;
}

1;
