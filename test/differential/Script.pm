
=pod

=head1 NAME

Script - reads a script of the differential tester

=head1 DESCRIPTION

A script consists of sections, each begun by a line "--- NAME":

  include FILE  the sections of another script (here, or by its full path), but for its statements; the variant
                "partitioned" takes FILE_partitioned instead, if there is one
  everywhere    runs on the coordinator first, which carries it to all nodes: roles, types, functions of triggers
  tables        runs on the coordinator
  data          runs on the coordinator, before or after the tables are distributed
  distribute    runs on the coordinator, in the cluster only
  after         runs on the coordinator: functions that use tables
  here          runs on the node that the statements will run on: local tables, views
  statements    cases, separated by empty lines
  each          names, then lines of values, separated by ";;": where @NAME@ occurs in a later section, the section is
                repeated for each line with that value, up to the next section of this kind
  variants      the only variants to run, a line each

In an ordinary database all but "distribute" runs as well. A case is one or more statements, each ending at the end of a
line; COPY FROM STDIN is followed by its data and a line "\.". Comments before it may be directives:

  -- as: ROLE           log in as another role
  -- only: NODE         run it on such a node only (coordinator, worker, single)
  -- autocommit         do not wrap it into a transaction that is rolled back
  -- ordered            compare the order of rows (implied by ORDER BY at the top level)
  -- count              compare only the number of rows
  -- any row            an error may be about another row: do not compare its detail, nor of a violated constraint the
                        names, since a partition has its own
  -- no explain
  -- undefined          it has a syntax error, or names what does not exist: of other cases that is a mistake

Other comments are for people, and for other tests that read the script.

A parameter is written ${value:type} or ${value|value|...:type}: a constant in the simple protocol, $1, $2, ... in
the extended one. The statement runs with each of the values.

=cut

package Script;

use strict;
use warnings;

my $parameter = qr/\$\{(.*?):([a-z"][\w."]*(?:\([\d,]*\))?(?:\[\])*)\}/;
my @sections = qw(everywhere tables data distribute after here);

sub read_script
{
	my ($file, $partitioned) = @_;
	my $script = { (map { $_ => [] } @sections), cases => [] };
	my $each;

	for my $part (split /^(?=--- )/m, slurp($file))
	{
		$part =~ s/^--- (\w+) *(\S*)\n// or next;
		my ($name, $argument) = ($1, $2);
		if ($part =~ /\@\w+\@/)
		{
			$part = repeat($part, $each);
			$script->{many_tables} = 1 if $name eq 'tables';
		}
		if ($name eq 'include')
		{
			my $path = $argument =~ m{^/} ? $argument : $file =~ s{[^/]*$}{$argument}r;
			my $other = $path =~ s/\.tables$/_partitioned.tables/r;
			$script->{has_partitioned} = -e $other;
			my $included = read_script($partitioned && -e $other ? $other : $path);
			push @{ $script->{$_} }, @{ $included->{$_} } for @sections;
		}
		elsif ($name eq 'each') { $each = $part }
		elsif ($name eq 'variants') { $script->{variants} = { map { $_ => 1 } split ' ', $part } }
		elsif ($name eq 'statements')
		{
			push @{ $script->{cases} }, map { read_case($_) } grep { /^(?!--)\S/m } split /\n\s*\n/, $part;
		}
		else
		{
			push @{ $script->{$name} }, split_statements($part);
		}
	}
	return $script;
}

sub repeat
{
	my ($part, $each) = @_;
	my ($names, @lines) = map { [ split /\s*;;\s*/ ] } grep { /\S/ } split /\n/, $each;
	my $repeated = '';

	for my $values (@lines)
	{
		my %value;
		@value{@$names} = @$values;
		$repeated .= $part =~ s/\@(\w+)\@/$value{$1}/gr;
	}
	return $repeated;
}

sub slurp
{
	my ($file) = @_;
	open my $handle, '<:raw', $file or die "$file: $!\n";
	local $/;
	return <$handle>;
}

sub read_case
{
	my ($text) = @_;
	my %case = (comments => '');

	while ($text =~ s/\A--(.*)\n//)
	{
		my $comment = $1;
		$case{comments} .= "$comment\n";
		$case{$1} = $2 if $comment =~ /^ (as|only): (\w+)$/;
		$case{$1} = 1 if $comment =~ /^ (autocommit|ordered|count|any row|no explain|undefined)$/;
	}
	$case{statements} = [ split_statements($text) ];
	for my $statement (@{ $case{statements} })
	{
		$statement->{ordered} = $case{ordered} || is_ordered($statement->{sql});
		$case{ordered} ||= 1 if $statement->{sql} =~ /^DECLARE/i && $statement->{ordered};
	}
	return \%case;
}

# Statements end with a semicolon at the end of a line that is not inside of $$.
sub split_statements
{
	my ($text) = @_;
	my @statements;
	my $sql = '';
	my @lines = split /^/, $text;

	while (defined(my $line = shift @lines))
	{
		next if $sql eq '' && $line =~ /^\s*(--.*)?$/;
		$sql .= $line;
		next if $line !~ /;\s*$/ || (() = $sql =~ /\$\$/g) % 2;
		$sql =~ s/;\s*$//;
		push @statements, read_statement($sql);
		$statements[-1]{copy} = read_copy_data(\@lines) if $sql =~ /^\s*COPY\b.*\bFROM\s+STDIN\b/is;
		$sql = '';
	}
	push @statements, read_statement($sql =~ s/\s+$//r) if $sql =~ /\S/;
	return @statements;
}

sub read_copy_data
{
	my ($lines) = @_;
	my $data = '';

	while (@$lines)
	{
		my $line = shift @$lines;
		last if $line eq "\\.\n" || $line eq '\\.';
		$data .= $line;
	}
	return $data;
}

# A statement knows its text with constants, its text with parameters, and the lists of values to run it with.
sub read_statement
{
	my ($text) = @_;
	my @parameters;
	my $with_numbers = $text =~ s/$parameter/
		push @parameters, { values => [ split m{\|}, $1, -1 ], type => $2 };
		'$' . @parameters . "::$2"/ger;
	my $runs = 1;
	$runs = $runs < @{ $_->{values} } ? @{ $_->{values} } : $runs for @parameters;
	my @runs;

	for my $run (0 .. $runs - 1)
	{
		my @values = map { $_->{values}[ $run % @{ $_->{values} } ] } @parameters;
		@values = map { $_ eq 'NULL' ? undef : $_ } @values;
		my $at = 0;
		my $with_constants = $text =~ s/$parameter/constant($values[$at++], $2)/ger;
		push @runs, { values => \@values, sql => $with_constants };
	}
	return { sql => $text, with_numbers => $with_numbers, runs => \@runs };
}

sub constant
{
	my ($value, $type) = @_;
	return "NULL::$type" unless defined $value;
	return "'" . $value =~ s/'/''/gr . "'::$type";
}

# Is there an ORDER BY that is not inside of parentheses?
sub is_ordered
{
	my ($sql) = @_;
	$sql =~ s/'[^']*'//g;
	1 while $sql =~ s/\([^()]*\)//g;
	return $sql =~ /\bORDER\s+BY\b/i;
}

1;
