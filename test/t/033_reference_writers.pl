# Sessions on several nodes write one reference table at once: none gets a deadlock, all copies stay equal. Nor do they
# lock rows of it that others have locked.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my @nodes = $cluster->nodes;
my $db = 'postgres';

$nodes[0]->safe_psql($db, q{
	CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL);
	SELECT create_reference_table('counters');
	INSERT INTO counters SELECT i, 0 FROM generate_series(1, 5) i;
	CREATE TABLE parts (id int PRIMARY KEY, n int NOT NULL) PARTITION BY RANGE (id);
	CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (4);
	CREATE TABLE parts_2 PARTITION OF parts DEFAULT;
	SELECT create_reference_table('parts');
	INSERT INTO parts SELECT i, 0 FROM generate_series(1, 5) i;
	CREATE TABLE steps (k int, step int);
	SELECT create_distributed_table('steps', 'k');
	INSERT INTO steps SELECT i, 1 FROM generate_series(1, 8) i;
});

# Conditions depend on what others have written; the last statement finds its rows on the session's node.
my $script = $nodes[0]->basedir . '/writers.sql';
append_to_file($script, q{
\set k random(1, 8)
INSERT INTO counters VALUES (:k, 1) ON CONFLICT (id) DO UPDATE SET n = counters.n + 1;
UPDATE counters SET n = n + 2 WHERE n <= (:k * 10);
UPDATE counters SET n = n + step FROM steps WHERE k = id AND n % 2 = 0;
UPDATE parts_1 SET n = n + :k WHERE id > n % 3;
INSERT INTO parts VALUES (:k, 1) ON CONFLICT (id) DO UPDATE SET n = parts.n * 2 % 1000;
UPDATE parts SET n = n + step FROM steps WHERE k = id AND n % 2 = 0;
});

my @runs;
foreach my $node (@nodes)
{
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start(
		[ 'pgbench', '-n', '-M', 'prepared', '-c', 2, '-t', 30, '-f', $script, $node->connstr($db) ],
		'>', \$out, '2>', \$err);
	push @runs, [ $node->name, $run, \$out, \$err ];
}
foreach (@runs)
{
	my ($name, $run, $out, $err) = @$_;
	$run->finish;
	like($$out, qr{processed: 60/60}, "all transactions of $name succeed") or diag $$err;
}

my $content = "SELECT string_agg(id || ':' || n, ' ' ORDER BY id) FROM counters";
my $expected = $nodes[0]->safe_psql($db, $content);
like($expected, qr/^1:\d+ 2:\d+/, 'counters were written');
is($_->safe_psql($db, $content), $expected, 'the copy of ' . $_->name . ' is the same') foreach @nodes[ 1, 2 ];

$content =~ s/counters/parts/;
$expected = $nodes[0]->safe_psql($db, $content);
is($_->safe_psql($db, $content), $expected, 'partitions of ' . $_->name . ', too') foreach @nodes[ 1, 2 ];

# New values of a sequence are given once, wherever the statement is.
$nodes[0]->safe_psql($db, q{
	CREATE TABLE numbered (id int PRIMARY KEY, number serial);
	SELECT create_reference_table('numbered');
	INSERT INTO numbered SELECT generate_series(1, 8);
});
foreach my $node (@nodes)
{
	$node->safe_psql($db, 'CREATE TEMP TABLE before AS TABLE numbered; UPDATE numbered SET number = DEFAULT;'
		. q{ DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM numbered JOIN before USING (number)), 'given twice'; END $$});
	is($node->safe_psql($db, 'SELECT count(DISTINCT number) FROM numbered'),
		8, 'DEFAULT gives each row a value of its own on ' . $node->name);
	my $numbers = 'SELECT array_agg(number ORDER BY id) FROM numbered';
	is($_->safe_psql($db, $numbers), $node->safe_psql($db, $numbers), 'and the same on ' . $_->name) foreach @nodes;
}

# What a trigger makes of a row is the same for all copies.
$nodes[0]->safe_psql($db, q{
	CREATE TABLE prices (id int PRIMARY KEY, price int, chance float8, touched timestamptz);
	SELECT create_reference_table('prices');
	INSERT INTO prices SELECT i, i FROM generate_series(1, 3) i;
	CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN NEW.chance := random(); NEW.touched := clock_timestamp(); RETURN NEW; END $$;
	CREATE TRIGGER touch BEFORE UPDATE ON prices FOR EACH ROW EXECUTE FUNCTION touch();
});
$nodes[1]->safe_psql($db, 'UPDATE prices SET price = price + 1 WHERE id < 3');
$content = 'SELECT string_agg(p::text, E\'\n\' ORDER BY id) FROM prices p';
$expected = $nodes[0]->safe_psql($db, $content);
like($expected, qr/^\(1,2,[\d.]+,.*\n\(2,3,[\d.]+,.*\n\(3,3,,\)$/, 'the trigger has fired');
is($_->safe_psql($db, $content), $expected, 'what it did is the same on ' . $_->name) foreach @nodes[ 1, 2 ];
(undef, undef, my $error) =
	$nodes[2]->psql($db, 'INSERT INTO prices VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET price = excluded.price');
like($error, qr/trigger "touch" cannot change rows of reference table "prices"/, 'ON CONFLICT would make copies differ');
is($_->safe_psql($db, $content), $expected, 'nothing has changed on ' . $_->name) foreach @nodes;

# Rows locked on one node are locked for sessions of all, whether they are read alone or joined.
$nodes[0]->safe_psql($db, 'UPDATE counters SET n = 0');
$script = $nodes[0]->basedir . '/lockers.sql';
append_to_file($script, q{
\set k random(1, 3)
BEGIN;
SELECT n FROM counters WHERE id = :k FOR UPDATE \gset
UPDATE counters SET n = :n + 1 WHERE id = :k;
COMMIT;
BEGIN;
SELECT n FROM steps JOIN counters ON k = id WHERE id = :k FOR UPDATE \gset
UPDATE counters SET n = :n + 1 WHERE id = :k;
COMMIT;
BEGIN;
SELECT n FROM (SELECT * FROM counters WHERE id = :k FOR NO KEY UPDATE) c JOIN steps ON k = id \gset
UPDATE counters SET n = :n + 1 WHERE id = :k;
COMMIT;
});
@runs = ();
foreach my $node (@nodes)
{
	my ($out, $err) = ('', '');
	push @runs, [ IPC::Run::start([ 'pgbench', '-n', '-M', 'prepared', '-c', 2, '-t', 10, '-f', $script, $node->connstr($db) ],
			'>', \$out, '2>', \$err), \$err ];
}
$_->[0]->finish or diag ${ $_->[1] } foreach @runs;
is($nodes[1]->safe_psql($db, 'SELECT sum(n) FROM counters'), 3 * 2 * 10 * 3, 'no update is lost by who has locked the row before');

my $holder = $nodes[1]->background_psql($db);
$holder->query_safe('BEGIN; SELECT FROM counters WHERE id = 1 FOR SHARE');
foreach my $node (@nodes)
{
	is($node->safe_psql($db, 'SELECT id FROM counters WHERE id = 1 FOR KEY SHARE NOWAIT'), 1, 'locks for readers are shared with ' . $node->name);
	my (undef, undef, $err) = $node->psql($db, 'SELECT id FROM counters WHERE id = 1 FOR UPDATE NOWAIT');
	like($err, qr/could not obtain lock on row in relation "counters"/, 'not with writers');
}
$holder->quit;

# The locks are free when the client knows that the transaction is over.
my @sessions = map { $_->background_psql($db, on_error_stop => 0) } @nodes;
for (1 .. 10)
{
	$_->query('SELECT FROM counters WHERE id = 1 FOR UPDATE NOWAIT') foreach @sessions;
}
is(join('', map { $_->{stderr} } @sessions), '', 'who has ended its transaction is in nobody\'s way');
$_->quit foreach @sessions;

# Rights on columns, or on a view, are enough.
$nodes[0]->safe_psql($db, q{
	CREATE ROLE clerk LOGIN;
	GRANT SELECT, UPDATE (n) ON counters TO clerk;
	CREATE VIEW all_parts AS SELECT * FROM parts;
	GRANT ALL ON all_parts TO clerk;
});
my $statements = 'UPDATE counters SET n = 7 WHERE id = 1; SELECT n FROM counters WHERE id = 1 FOR UPDATE; UPDATE all_parts SET n = 8 WHERE id = 1 RETURNING n';
is($_->safe_psql($db, $statements, extra_params => [ '-U', 'clerk' ]), "7\n8", 'who may change some columns or a view does on ' . $_->name) foreach @nodes;

done_testing();
