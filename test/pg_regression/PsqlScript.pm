=pod

=head1 NAME

PsqlScript - cuts a script for psql into statements

=head1 DESCRIPTION

Knows of psql's language what PostgreSQL's regression scripts need: quotes, comments, bodies of SQL functions, data of
COPY FROM STDIN, variables. Commands that only show something (\d and its like) are left out.

=cut

package PsqlScript;

use strict;
use warnings;

my $token = qr{
	(?<comment> --[^\n]* | (?<nested>/\*(?:[^*/]|\*(?!/)|/(?!\*)|(?&nested))*\*/))
	| (?<quoted> [eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | \$(?<tag>\w*)\$.*?\$\k<tag>\$)
	| (?<variable> (?<![:\w]):(?<quote>['"]?)(?<name>[a-zA-Z_]\w*)\k<quote>)
	| (?<command> \\[^\n]*)
	| (?<word> \w+)
	| (?<other> ::|:=|.)
}xs;

# Returns a list of { sql, line, copy } and of { set => [name, value] }.
sub read_script
{
	my ($text, $variables) = @_;
	my @statements;
	my ($sql, $depth, $blocks, $start) = ('', 0, 0, undef);
	my $finish = sub {
		push @statements, { sql => $sql =~ s/\s+$//r, line => $start } if $sql =~ /\S/;
		($sql, $depth, $blocks, $start) = ('', 0, 0, undef);
	};

	pos($text) = 0;
	while ($text =~ /\G$token/gc)
	{
		my %found = %+;
		my $matched = $&;
		next if defined $found{comment};
		if (defined $found{command})
		{
			run_command($matched, $variables);
			$finish->() if $matched =~ /^\\g/;
			next;
		}
		if (defined $found{variable} && defined $variables->{ $found{name} })
		{
			my $value = $variables->{ $found{name} };
			$matched = $found{quote} ? "$found{quote}$value$found{quote}" : $value;
		}
		next if $sql eq '' && $matched =~ /^\s$/;
		$start //= 1 + (() = substr($text, 0, pos($text)) =~ /\n/g);
		$depth++ if $matched eq '(';
		$depth-- if $matched eq ')';
		$blocks++ if $sql =~ /^CREATE\s.*(FUNCTION|PROCEDURE)/is
		  && (lc $matched eq 'atomic' || $blocks && lc $matched eq 'case');
		$blocks-- if $blocks && lc $matched eq 'end';
		if ($matched ne ';' || $depth > 0 || $blocks > 0)
		{
			$sql .= $matched;
			next;
		}
		my $is_copy = $sql =~ /^\s*COPY\b.*\bFROM\s+STDIN\b/is;
		$finish->();
		$statements[-1]{copy} = $1 if $is_copy && $text =~ /\G[^\n]*\n(.*?)^\\\.\n/gcms;
	}
	$finish->();
	return @statements;
}

sub run_command
{
	my ($command, $variables) = @_;
	my ($name, @arguments) = split ' ', $command;

	if ($name eq '\getenv') { $variables->{ $arguments[0] } = $variables->{ $arguments[1] } }
	if ($name eq '\set')
	{
		my $variable = shift @arguments;
		$variables->{$variable} = join '',
		  map { /^:'?(\w+)'?$/ ? $variables->{$1} // '' : s/^'(.*)'$/$1/r } @arguments;
	}
	return;
}

1;
