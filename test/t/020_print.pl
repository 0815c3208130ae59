# The round trip of every statement form: what a statement does on ordinary tables, its printed form must do on the
# tables that stand for the data tables.
#
# Three databases: in "plain" the statements run as they are; "coordinator" knows the tables as distributed and
# prints; in "node" the printed text runs, with schema distshard_public holding the rows.
use strict;
use warnings;

use DistshardCluster;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

use lib "$ENV{TESTDIR}/differential";
use Script;

my $script = Script::read_script("$ENV{TESTDIR}/differential/scripts/forms.sql");
my $server = DistshardCluster::start_server('print');
my @tables = (qw(t u arrays zoo serials dropped tree nullable), '"Quoted ""Table"""',
	'abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefghij_abcdefgh');

# Comments before a statement say what is expected: "not printable: PART OF THE REASON", or "error".
sub expected
{
	my ($case) = @_;

	return $case->{comments} =~ /^ (not printable: .*|error)$/m ? $1 : '';
}

sub section
{
	my ($name) = @_;

	return join "\n", map { "$_->{sql};" } @{ $script->{$name} };
}

sub create_database
{
	my ($name, @schemas) = @_;

	$server->safe_psql('postgres', "CREATE DATABASE $name");
	$server->safe_psql($name, section('everywhere'));
	$server->safe_psql($name, "CREATE SCHEMA IF NOT EXISTS $_; SET search_path = $_, public;" . section('tables') . section('data'))
	  for @schemas;
	return $server->safe_psql($name, section('here'));
}

# Tells the metadata that each table is in one shard: any method will do to have names replaced, but copies have other
# system columns.
sub distribute_tables
{
	$server->safe_psql(
		'coordinator', q{
INSERT INTO distshard.colocation (colocation_id, method, shard_count) VALUES (1, 'single', 1);
INSERT INTO distshard.shard (shard_id, colocation_id, hash_min, hash_max, group_id) SELECT 1, 1, 0, 4294967295, group_id FROM distshard.local;
INSERT INTO distshard.distributed_table (logical_table, data_table, colocation_id)
	SELECT format('public.%I', relname)::regclass, oid, 1 FROM pg_class
	WHERE relnamespace = 'distshard_public'::regnamespace AND relkind = 'r';
});
	return;
}

# Runs each script in a transaction of its own, in one session. Returns what each gave: its results, the contents of
# all tables afterwards, and its first error.
sub run_all
{
	my ($database, $schema, @scripts) = @_;
	my $dump = join '', map { "SELECT x::text FROM $schema.$_ x ORDER BY x::text COLLATE \"C\";\n" } @tables;
	my $input = "\\pset null (null)\n\\pset footer off\n";
	my ($out, $err) = ('', '');

	$input .= "\\echo <next>\n\\warn <next>\nDEALLOCATE ALL;\nBEGIN;\nSELECT setval(oid, 1000) FROM pg_class WHERE relkind = 'S' \\g /dev/null\n"
	  . "$_;\n${dump}ROLLBACK;\n"
	  for @scripts;
	$server->psql($database, $input,
		on_error_stop => 0, stdout => \$out, stderr => \$err, extra_params => ['-A', '--no-psqlrc', '-P', 'tuples_only=off']);
	my @out = split /<next>\n?/, "$out\n";
	my @err = split /<next>\n?/, "$err\n";
	return map { { out => $out[$_], error => $err[$_] =~ /ERROR:\s+(.*)/ ? $1 : '' } } 1 .. @scripts;
}

sub quote
{
	my ($text) = @_;

	return 'NULL' unless defined $text;
	$text =~ s/'/''/g;
	return "'$text'";
}

# Returns for each statement what distshard.print_fragment() says.
sub print_all
{
	my ($constants_too, @sql) = @_;
	my @printed = run_all('coordinator', 'public',
		map { "SELECT '<json>' || row_to_json(f) || '</json>' FROM distshard.print_fragment(" . quote($_) . ", $constants_too) f" } @sql);

	return map { $_->{error} || $_->{out} !~ m{<json>(.*)</json>} ? { error => $_->{error} } : decode_json($1) } @printed;
}

sub execute_script
{
	my ($printed) = @_;
	my @types = @{ $printed->{param_types} };
	my $types = @types ? '(' . join(', ', @types) . ')' : '';
	my $values = @types ? '(' . join(', ', map { quote($_) } @{ $printed->{params} }) . ')' : '';

	return "PREPARE fragment$types AS $printed->{fragment};\nEXECUTE fragment$values";
}

# Returns the first text, or of a long one the lines that the second does not have: so a failure can be read.
sub only_in
{
	my ($text, $other) = @_;
	my %seen = map { $_ => 1 } split /\n/, $other;

	return '' if $text eq $other;
	return join("\n", grep { !$seen{$_} } split /\n/, $text) || 'the same lines in another order';
}

create_database('plain', 'public');
create_database('coordinator', 'public', 'distshard_public');
create_database('node', 'public', 'distshard_public');
$server->safe_psql($_, 'CREATE EXTENSION distshard') for qw(coordinator node);
distribute_tables();

my @statements = map { { sql => $_->{statements}[0]{sql}, expected => expected($_) } } @{ $script->{cases} };
my @expected = run_all('plain', 'public', map { $_->{sql} } @statements);

for my $constants_too (qw(true false))
{
	my @printed = print_all($constants_too, map { $_->{sql} } @statements);
	my @results = run_all('node', 'distshard_public',
		map { defined $_->{fragment} ? execute_script($_) : 'SELECT' } @printed);

	for my $i (0 .. $#statements)
	{
		my ($statement, $printed, $expected, $result) = ($statements[$i], $printed[$i], $expected[$i], $results[$i]);
		my $name = "$statement->{sql} (constants_too $constants_too)";

		if ($statement->{expected} =~ /^not printable: (.*)/)
		{
			like($printed->{not_printable} // "it is printable: " . ($printed->{fragment} // ''), qr/\Q$1/, $name);
			next;
		}
		if (!defined $printed->{fragment})
		{
			is($printed->{error} || $printed->{not_printable},
				$statement->{expected} eq 'error' ? $expected->{error} : 'a fragment', $name);
			next;
		}
		is($expected->{error} ne '', $statement->{expected} eq 'error', "$name fails only if meant to")
		  or diag($expected->{error});
		is($result->{error}, $expected->{error}, "$name: same error") or diag($printed->{fragment});
		is(only_in($result->{out}, $expected->{out}), only_in($expected->{out}, $result->{out}), $name)
		  or diag($printed->{fragment})
		  unless $expected->{error} || $result->{error};
	}
}

done_testing();
