# Adding servers to a cluster with tables and rows, changing and removing them.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 0);
my $node1 = $cluster->coordinator;
my $new = DistshardCluster::start_server('new');
my $port = $new->port;

sub error_of
{
	my ($node, $sql) = @_;
	my $stderr;
	$node->psql('postgres', $sql, stderr => \$stderr, on_error_stop => 0);
	unlike($stderr, qr/could not restore/, 'the server was restored without trouble');
	return $stderr;
}

sub is_untouched
{
	my ($why) = @_;
	is($new->safe_psql('postgres', q{SELECT count(*) FROM pg_extension WHERE extname = 'distshard'}), 0, "$why: no extension there");
	is($node1->safe_psql('postgres', "SELECT count(*) FROM distshard.node WHERE port = $port"), 0, "$why: no node here");
}

$node1->safe_psql('postgres', <<'END');
CREATE ROLE app;
CREATE SCHEMA shop AUTHORIZATION app;
CREATE TYPE shop.colour AS ENUM ('red', 'green');
CREATE TABLE shop.country (code text PRIMARY KEY, gone int, note text, n int GENERATED ALWAYS AS (length(code)) STORED,
	id int GENERATED ALWAYS AS IDENTITY, at interval, c shop.colour[]);
ALTER TABLE shop.country DROP COLUMN gone;
INSERT INTO shop.country (code, note, at, c) VALUES ('de', E'tab\tback\\slash\nline', '-1 day 2 hours', '{red}'),
	('fr', NULL, NULL, NULL), ('\N', '', '1 mon', '{green,red}');
CREATE TABLE shop.region (id int PRIMARY KEY, country text REFERENCES shop.country);
INSERT INTO shop.region VALUES (1, 'de'), (2, 'fr');
CREATE TABLE shop.rate (day int, v int, PRIMARY KEY (day)) PARTITION BY RANGE (day);
CREATE TABLE shop.rate_1 (v int, day int NOT NULL);
ALTER TABLE shop.rate ATTACH PARTITION shop.rate_1 FOR VALUES FROM (1) TO (5);
CREATE TABLE shop.rate_2 PARTITION OF shop.rate DEFAULT;
INSERT INTO shop.rate SELECT i, i * 10 FROM generate_series(1, 8) i;
SELECT create_reference_table('shop.rate');
CREATE TABLE shop.dated (k int, note text, n int GENERATED ALWAYS AS (length(note)) STORED, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE shop.dated_1 PARTITION OF shop.dated DEFAULT;
SELECT create_distributed_table('shop.dated', 'k', shard_count => 4);
INSERT INTO shop.dated VALUES (1, 'abc', DEFAULT, '2020-01-01');
CREATE EXTENSION citext;
CREATE TYPE shop.size AS (height int, width int);
CREATE COLLATION shop.careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE shop.customer (id bigserial PRIMARY KEY, country text REFERENCES shop.country, payload json, note text COLLATE shop.careless,
	mail citext, size shop.size);
INSERT INTO shop.customer (country, payload) SELECT 'de', '{}' FROM generate_series(1, 1000);
CREATE INDEX ON shop.customer (country);
CREATE SEQUENCE shop.number;
CREATE SEQUENCE shop.kept;
ALTER TABLE shop.customer ADD number bigint DEFAULT nextval('shop.number'), ADD kept bigint DEFAULT nextval('shop.kept');
ALTER TABLE shop.customer OWNER TO app;
BEGIN;
SELECT create_reference_table('shop.country');
SELECT create_reference_table('shop.region');
SELECT create_distributed_table('shop.customer', 'id', shard_count => 4);
COMMIT;
CREATE VIEW shop.german AS SELECT * FROM shop.customer WHERE country = 'de';
CREATE TABLE shop.place (id int, gone int, name text, CHECK (id > 0));
ALTER TABLE shop.place DROP COLUMN gone;
CREATE TABLE shop.town (people int, name text) INHERITS (shop.place);
SELECT create_distributed_table('shop.place', 'id', shard_count => 4);
INSERT INTO shop.place SELECT i, 'p' FROM generate_series(1, 10) i;
INSERT INTO shop.town SELECT i, 't', i FROM generate_series(1, 20) i;
CREATE TABLE shop.hen (id int PRIMARY KEY, egg int, mother int REFERENCES shop.hen);
CREATE TABLE shop.egg (id int PRIMARY KEY, hen int);
SELECT create_reference_table('shop.hen'), create_reference_table('shop.egg');
ALTER TABLE shop.hen ADD FOREIGN KEY (egg) REFERENCES shop.egg DEFERRABLE;
ALTER TABLE shop.egg ADD CONSTRAINT laid FOREIGN KEY (hen) REFERENCES shop.hen;
COMMENT ON CONSTRAINT laid ON shop.egg IS 'a circle';
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO shop.hen VALUES (1, 2, 1);
INSERT INTO shop.egg VALUES (2, 1);
COMMIT;
END

# What goes wrong late
like(error_of($node1, "SELECT distshard.add_node('localhost', $port)"), qr/role "app" does not exist on this node.*HINT:  A role that owns/s,
	'a missing role is an error');
is_untouched('missing role');
$new->safe_psql('postgres', 'CREATE ROLE app; CREATE SCHEMA shop AUTHORIZATION app; CREATE TABLE shop.customer (i int)');
like(error_of($node1, "SELECT distshard.add_node('localhost', $port)"), qr/relation "customer" already exists/, 'a table of the same name is an error');
is_untouched('table exists');
$new->safe_psql('postgres', 'DROP TABLE shop.customer; SET ROLE app; CREATE SEQUENCE shop.customer_id_seq');
like(error_of($node1, "SELECT distshard.add_node('localhost', $port)"), qr/relation shop.customer_id_seq exists already on this node/,
	'nor is a sequence used that gives out values of other nodes');
is_untouched('sequence exists');
$new->safe_psql('postgres', q{DROP SEQUENCE shop.customer_id_seq; CREATE COLLATION shop.careless (provider = icu, locale = 'und')});
like(error_of($node1, "SELECT distshard.add_node('localhost', $port)"), qr/collation shop.careless has another definition on this node/,
	'nor a collation by which other values are equal');
is_untouched('collation exists');
$new->safe_psql('postgres', 'DROP COLLATION shop.careless; CREATE TABLE shop.size (height int, width int)');
like(error_of($node1, "SELECT distshard.add_node('localhost', $port)"), qr/type shop.size has another definition on this node/,
	'nor the row type of a table for a type with the same columns');
is_untouched('row type exists');
$new->safe_psql('postgres', q{DROP TABLE shop.size; CREATE TABLE shop.german (i int)});
like(error_of($node1, "SELECT distshard.add_node('localhost', $port)"), qr/the name of view shop.german is taken on this node/,
	'a table in the way of a view is an error that names the view');
is_untouched('table instead of view');
$new->safe_psql('postgres', q{DROP TABLE shop.german; CREATE EXTENSION citext; UPDATE pg_extension SET extversion = '1.0' WHERE extname = 'citext'});
like(error_of($node1, "SELECT distshard.add_node('localhost', $port)"), qr/extension citext is another one on this node.*version 1.0 in schema "public"/s,
	'an extension of another version is an error');
is_untouched('other version of an extension');
$new->safe_psql('postgres', q{DROP EXTENSION citext});
$new->safe_psql('postgres', 'DROP SCHEMA shop CASCADE');
$node1->safe_psql('postgres', "BEGIN; SELECT distshard.add_node('localhost', $port); ROLLBACK");
is_untouched('rollback');
is($new->safe_psql('postgres', q{SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%shop%'}), 0, 'rollback: no tables there');
like(error_of($node1, "BEGIN; SELECT distshard.add_node('localhost', $port); SELECT 1/0; COMMIT"), qr/division by zero/, 'late error');
is_untouched('late error');


# The commit itself fails: no prepared transaction is possible there.
$new->append_conf('postgresql.conf', "max_connections = 20\nmax_prepared_transactions = 20");
$new->restart;
$new->safe_psql('postgres', "BEGIN; CREATE TABLE in_the_way_$_ (); PREPARE TRANSACTION 'full_$_'") for 1 .. 20;
$new->safe_psql('postgres', q{CREATE ROLE app}) if $new->safe_psql('postgres', q{SELECT count(*) FROM pg_roles WHERE rolname = 'app'}) == 0;
like(error_of($node1, "SELECT distshard.add_node('localhost', $port)"), qr/maximum number of prepared transactions reached/, 'no PREPARE');
is_untouched('no PREPARE');
$new->safe_psql('postgres', "ROLLBACK PREPARED 'full_$_'") for 1 .. 20;
$new->append_conf('postgresql.conf', "max_connections = 100\nmax_prepared_transactions = 100");
$new->restart;

# Cancelled while it waits for somebody's DDL
$node1->safe_psql('postgres', q{BEGIN; LOCK TABLE shop.region IN SHARE UPDATE EXCLUSIVE MODE; PREPARE TRANSACTION 'holder'});
like(error_of($node1, "SET statement_timeout = '500ms'; SELECT distshard.add_node('localhost', $port)"), qr/statement timeout/, 'cancel');
is_untouched('cancel');
$node1->safe_psql('postgres', q{ROLLBACK PREPARED 'holder'});

# The new server crashes, or the one that adds it, when the new one has committed its part
sub add_until
{
	my ($crash) = @_;
	my $session = $node1->background_psql('postgres', on_error_stop => 0);
	$session->query_safe("BEGIN; SELECT distshard.add_node('localhost', $port)");
	is($new->safe_psql('postgres', 'SELECT count(*) FROM distshard.node'), 2, 'the new server has the list of nodes');
	$crash->($session);
	$session->quit;
}

sub crash_of_new
{
	my ($session) = @_;
	$new->stop('immediate');
	$session->query('ROLLBACK');
	like($session->{stderr}, qr/WARNING:  could not restore server localhost:$port.*HINT:  It restores itself when it is up/s, 'it cannot be restored');
	$new->start;
}

sub freeze_of_new
{
	my ($session) = @_;
	my $postmaster = slurp_file($new->data_dir . '/postmaster.pid') =~ /^(\d+)/ ? $1 : die;
	my @frozen = ($postmaster, split ' ', `pgrep -P $postmaster`);
	kill 'STOP', @frozen;
	my $started = time;
	$session->query('ROLLBACK');
	cmp_ok(time - $started, '<', 10, 'the session does not wait for the new server');
	like($session->{stderr}, qr/WARNING:  could not restore server localhost:$port.*timeout expired/s, 'it cannot be restored now');
	kill 'CONT', @frozen;
}

sub crash_of_adding
{
	$node1->stop('immediate');
	$node1->start;
}

sub restores_itself
{
	my ($why) = @_;
	ok($new->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_extension WHERE extname = 'distshard'}), "$why: it restores itself");
	is_untouched($why);
}
add_until(\&crash_of_new);
restores_itself('the new server crashes');
add_until(\&freeze_of_new);
restores_itself('the new server freezes');
add_until(\&crash_of_adding);
restores_itself('the server that adds it crashes');
$new->safe_psql('postgres', 'CREATE EXTENSION distshard');
add_until(\&crash_of_new);
ok($new->poll_query_until('postgres', 'SELECT count(*) = 1 FROM distshard.node'), 'an extension that was there remains');
$new->safe_psql('postgres', 'DROP EXTENSION distshard');

# Recovery leaves alone what is still going on
$new->append_conf('postgresql.conf', "distshard.recovery_interval = '100ms'\nlog_min_messages = debug1");
$new->reload;
add_until(sub {
	my ($session) = @_;
	my $offset = -s $new->logfile;
	my $round = qr/starting background worker process "distshard recovery"/;
	$new->psql('postgres', q{SET lock_timeout = '1ms'; SELECT distshard.hold_joining()}, stderr => \my $stderr);
	like($stderr, qr/lock timeout/, 'a session is adding the server');
	$new->wait_for_log(qr/$round.*$round/s, $offset);
	is($new->safe_psql('postgres', 'SELECT count(*) FROM distshard.node'), 2, 'recovery waits for it');
	$session->query('ROLLBACK');
});
is_untouched('rollback after recovery has waited');

# It was not up again for long enough to take back what remains of such an attempt
my $cluster_id = $node1->safe_psql('postgres', 'SELECT cluster_id FROM distshard.local');
$new->safe_psql('postgres', qq{CREATE EXTENSION distshard; INSERT INTO distshard.node_group VALUES (2);
	UPDATE distshard.local SET cluster_id = '$cluster_id', group_id = 2});

# Success
is($cluster->add($new), 2, 'the new server is node 2');
my @shared = map { "SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM distshard.$_ t" } qw(node_group node colocation shard);
push @shared, q{SELECT string_agg(concat_ws(' ', logical_table, data_table, colocation_id, key_column), E'\n' ORDER BY logical_table::text)
	FROM distshard.distributed_table};
push @shared, q{SELECT cluster_id || ' ' || placement_version || secret::text FROM distshard.local};
for my $query (@shared)
{
	is($new->safe_psql('postgres', $query), $node1->safe_psql('postgres', $query), "the same metadata: $query");
}
is($new->safe_psql('postgres', 'SELECT group_id FROM distshard.local'), 2, 'the new node knows its own number');

# What lies in a node's data tables, asked of the node itself in a fragment
sub stored_on
{
	my ($node_id, $sql) = @_;
	my $placement = $node1->safe_psql('postgres', 'SELECT placement_version FROM distshard.local');
	return $node1->safe_psql('postgres', "SELECT distshard.run_on_node($node_id, \$\$/*distshard placement=$placement*/ $sql\$\$)");
}
is(stored_on(2, q{SELECT to_jsonb(t) - 'at' || jsonb_build_object('days', extract(epoch FROM at)) FROM distshard_shop.country t ORDER BY code COLLATE "C"}),
	join("\n",
		'{"c": ["green", "red"], "n": 2, "id": 3, "code": "\\\\N", "days": 2592000.000000, "note": ""}',
		'{"c": ["red"], "n": 2, "id": 1, "code": "de", "days": -79200.000000, "note": "tab\tback\\\\slash\nline"}',
		'{"c": null, "n": 2, "id": 2, "code": "fr", "days": null, "note": null}'),
	'all rows of a reference table are there');
is(stored_on(2, 'SELECT id || country FROM distshard_shop.region ORDER BY id'), "1de\n2fr", 'also of one that references it');
is(stored_on(2, q{SELECT string_agg(tableoid::regclass || ' ' || n || ' ' || v, ', ' ORDER BY tableoid::regclass::text)
	FROM (SELECT tableoid, count(*) n, sum(v) v FROM distshard_shop.rate GROUP BY 1) r}),
	'distshard_shop.rate_1 4 100, distshard_shop.rate_2 4 260', 'and of one with partitions');
is(stored_on(2, 'SELECT count(*) FROM distshard_shop.customer'), 0, 'but no rows of shards that are elsewhere');
is(stored_on(2, q{SELECT string_agg(attnum || ' ' || attname, ', ' ORDER BY attnum) FROM pg_attribute
	WHERE attrelid = 'distshard_shop.country'::regclass AND attnum > 0 AND NOT attisdropped}),
	'1 code, 3 note, 4 n, 5 id, 6 at, 7 c', 'columns have the same numbers');
is(stored_on(2, q{SELECT string_agg(indexrelid::regclass::text, ', ' ORDER BY indexrelid::regclass::text) FROM pg_index
	WHERE indrelid = 'shop.customer'::regclass}), 'shop.customer_country_idx, shop.customer_pkey', 'indexes are there');
is(stored_on(2, q{SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE 'distshard\_shop%' AND conparentid = 0}),
	5, 'foreign keys between data tables are there');
is(stored_on(2, q{SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE 'shop%'}), 5, 'and of logical tables');
is(stored_on(2, q{SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conrelid = 'shop.egg'::regclass AND contype = 'f'}),
	'a circle', 'with comments');
is(stored_on(2, 'SELECT concat(egg, mother, hen) FROM distshard_shop.hen, distshard_shop.egg'), '211', 'rows of tables that refer to each other');
is(stored_on(2, q{SELECT viewname || ' ' || viewowner FROM pg_views WHERE schemaname = 'shop'}), 'german postgres', 'and the view');
for my $node ($node1, $new)
{
	is($node->safe_psql('postgres', 'SELECT * FROM shop.dated'), '1|abc|3|2020-01-01',
		'rows partitioned by a column behind a generated one, from ' . $node->name);
	is($node->safe_psql('postgres', 'SELECT count(*), min(id), max(id) FROM shop.customer'), '1000|1|1000', 'rows of shards, from ' . $node->name);
	is($node->safe_psql('postgres', 'SELECT tableoid::regclass, count(*) FROM shop.place GROUP BY 1 ORDER BY 2'), "shop.place|10\nshop.town|20",
		'rows of tables that inherit, from ' . $node->name);
	is($node->safe_psql('postgres', q{SELECT string_agg(attname || attislocal || attinhcount, ',' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = 'shop.town'::regclass AND attnum > 0}), 'idfalse1,nametrue1,peopletrue0', 'and what they inherit, on ' . $node->name);
	is($node->safe_psql('postgres', 'SELECT count(*) FROM shop.german'), 1000, 'through a view, from ' . $node->name);
	is($node->safe_psql('postgres', 'SELECT r.id, n FROM shop.region r JOIN shop.country ON country = code ORDER BY 1'), "1|2\n2|2",
		'rows of reference tables, from ' . $node->name);
}
is($new->safe_psql('postgres', q{SELECT nextval('shop.customer_id_seq')}), 1 << 48, 'sequences do not meet');
is($node1->safe_psql('postgres', q{SELECT max_value FROM pg_sequences WHERE sequencename = 'customer_id_seq'}), (1 << 48) - 1,
	'nor does that of the first node, which was alone until then, run into the others');
like(error_of($node1, "SELECT distshard.add_node('localhost', $port)"), qr/It is node 2 of this cluster/, 'it cannot be added again');
like(error_of($node1, "SELECT distshard.add_node('127.0.0.1', $port)"), qr/It is node 2 of this cluster/, 'nor under another name');

# Two at once, from different nodes
my @more = map { DistshardCluster::start_server("more$_") } 1, 2;
$_->safe_psql('postgres', 'CREATE ROLE app') for @more;

# An extension there that is not in use is no obstacle, and is there again if the server is not added after all.
$more[0]->safe_psql('postgres', 'CREATE EXTENSION distshard');
$node1->safe_psql('postgres', "BEGIN; SELECT distshard.add_node('localhost', " . $more[0]->port . '); ROLLBACK');
is($more[0]->safe_psql('postgres', 'SELECT count(*), min(port) FROM distshard.node'), '1|' . $more[0]->port,
	'a cluster of one is a cluster of one again');
my @sessions = map {
	my ($from, $to) = (($node1, $new)[$_], $more[$_]);
	my ($out, $err) = ('', '');
	[ IPC::Run::start([ 'psql', '-XAtq', '-d', $from->connstr('postgres'), '-c', "SELECT distshard.add_node('localhost', " . $to->port . ')' ],
			'>', \$out, '2>', \$err), \$out, \$err ]
} 0, 1;
$_->[0]->finish for @sessions;
is(join(' ', sort map { ${ $_->[1] } =~ s/\n//r } @sessions), '3 4', 'servers can be added at the same time from different nodes')
  or diag(map { ${ $_->[2] } } @sessions);
is($_->safe_psql('postgres', 'SELECT count(*), sum(group_id) FROM distshard.node'), '4|10', $_->name . ' knows all four') for $node1, $new, @more;

# set_node
$node1->safe_psql('postgres', q{SELECT distshard.set_node(3, host => '127.0.0.1', region => 'north', weight => 2, holds_shards => false)});
is($_->safe_psql('postgres', 'SELECT host, region, weight, holds_shards FROM distshard.node WHERE node_id = 3'), '127.0.0.1|north|2|f',
	$_->name . ' knows of the change') for $node1, $new, @more;
$node1->safe_psql('postgres', q{CREATE TABLE later (id int); SELECT create_distributed_table('later', 'id', shard_count => 8)});
is($node1->safe_psql('postgres', q{SELECT string_agg(DISTINCT group_id::text, ',') FROM distshard.shard
	WHERE colocation_id = (SELECT colocation_id FROM distshard.distributed_table WHERE logical_table = 'later'::regclass)}),
	'1,2,4', 'new tables leave out a node that holds no shards');
$node1->safe_psql('postgres', q{SELECT distshard.set_node(3, holds_shards => true);
	CREATE TABLE latest (id int); SELECT create_distributed_table('latest', 'id', shard_count => 8);
	CREATE TABLE last (id int); SELECT create_distributed_table('last', 'id', shard_count => 8)});
is($node1->safe_psql('postgres', q{SELECT string_agg(DISTINCT group_id::text, ','), count(DISTINCT t.colocation_id)
	FROM distshard.distributed_table t JOIN distshard.shard USING (colocation_id) WHERE logical_table IN ('latest'::regclass, 'last'::regclass)}),
	'1,2,3,4|1', 'new tables use all nodes, and are co-located with each other, though older ones are cut alike');
$node1->safe_psql('postgres', 'DROP TABLE latest, last; SELECT distshard.set_node(3, holds_shards => false)');
like(error_of($node1, "SELECT distshard.set_node(4, port => $port)"), qr/server localhost:$port is not node 4/, 'an address of another node');
like(error_of($node1, q{SELECT distshard.set_node(4, port => 1)}), qr/could not connect to server localhost:1/, 'an address of nobody');
like(error_of($node1, q{SELECT distshard.set_node(9)}), qr/there is no node 9.*HINT:  See distshard.nodes/s, 'no such node');

# remove_node
like(error_of($node1, q{SELECT distshard.remove_node(4)}), qr/node 4 holds \d shards/, 'a node with shards stays');
like(error_of($node1, q{SELECT distshard.remove_node(NULL)}), qr/node_id must not be null/, 'no node');
like(error_of($node1, q{SELECT distshard.remove_node(1)}), qr/a node cannot remove itself/, 'a node cannot remove itself');
like(error_of($new, q{SELECT distshard.remove_node(1)}), qr/the first node .* cannot be removed/, 'nor can the first be removed');
$_->safe_psql('postgres', q{CREATE TABLE own (i bigint DEFAULT nextval('shop.kept'))}) for @more;
$node1->safe_psql('postgres', q{BEGIN; SELECT distshard.remove_node(3); ROLLBACK});
is($_->safe_psql('postgres', q{SELECT count(*) FROM shop.customer}), $node1->safe_psql('postgres', q{SELECT count(*) FROM shop.customer}),
	'a node that was not removed after all still is one') for @more;
$node1->safe_psql('postgres', q{BEGIN; SELECT distshard.remove_node(3); ROLLBACK; SELECT distshard.remove_node(3)});
my ($gone) = grep { $_->safe_psql('postgres', q{SELECT count(*) FROM pg_extension WHERE extname = 'distshard'}) == 0 } @more;
ok($gone, 'a removed server has no extension');
is($gone->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname LIKE 'customer%' OR relname = 'number'}), 0,
	'nor the tables of the cluster, and their sequences');
is($gone->safe_psql('postgres', q{SELECT nextval('shop.kept') > 0}), 't', 'a sequence that a table of its own uses stays');
like(error_of($node1, q{SELECT distshard.add_node('localhost', } . $gone->port . ')'),
	qr/relation shop.kept exists already on this node.*HINT:  Drop or rename it there/s, 'but is in the way later');
$gone->safe_psql('postgres', q{DROP TABLE own; DROP SEQUENCE shop.kept});
is($new->safe_psql('postgres', 'SELECT string_agg(node_id::text, $$,$$ ORDER BY node_id) FROM distshard.node'), '1,2,4', 'and is no node');
is($cluster->add($gone), 5, 'it may come back, under another number');
$gone->stop;
like(error_of($node1, q{SELECT distshard.remove_node(5)}), qr/WARNING:  could not connect to node 5.*HINT:  Run SELECT distshard.leave_cluster/s,
	'a dead server can be removed');
$gone->start;
is($new->safe_psql('postgres', 'SELECT string_agg(node_id::text, $$,$$ ORDER BY node_id) FROM distshard.node'), '1,2,4', 'by all nodes');

# One that is back, and does not know
$node1->safe_psql('postgres', q{CREATE TABLE shop.currency (code text PRIMARY KEY); SELECT create_reference_table('shop.currency')});
for my $statement (
	q{INSERT INTO shop.country (code) VALUES ('it')},
	q{INSERT INTO shop.customer (country) SELECT 'de' FROM generate_series(1, 20)},
	q{SELECT count(*) FROM shop.customer},
	q{ALTER TABLE shop.customer ADD added int},
	q{CREATE INDEX ON shop.country (note)},
	q{CREATE TABLE here (id int); SELECT create_distributed_table('here', 'id')})
{
	like(error_of($gone, $statement), qr/ERROR:  node 5 is not in the cluster any more.*HINT:  Run SELECT distshard.leave_cluster/s,
		"a removed server is refused: $statement");
}
is($node1->safe_psql('postgres', q{SELECT count(*) FROM shop.country WHERE code = 'it'}), 0, 'it has written nothing');
$gone->safe_psql('postgres', 'SELECT distshard.leave_cluster()');
is($gone->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname LIKE 'customer%'}), 0, 'it can leave when it is back');

# One that is cut off, with sessions that go on
is($cluster->add($gone), 6, 'it may come back once more');
my $idle = $gone->background_psql('postgres', on_error_stop => 0);
my $writer = $gone->background_psql('postgres', on_error_stop => 0);
$idle->query_safe('SELECT count(*) FROM shop.customer');
$writer->query_safe(q{BEGIN; INSERT INTO shop.country (code) VALUES ('it')});
my $hba = slurp_file($gone->data_dir . '/pg_hba.conf');
PostgreSQL::Test::Utils::append_to_file($gone->data_dir . '/pg_hba.new', "host all all all reject\n$hba");
rename $gone->data_dir . '/pg_hba.new', $gone->data_dir . '/pg_hba.conf' or die $!;
$gone->reload;
like(error_of($node1, q{SELECT distshard.remove_node(6)}), qr/WARNING:  could not connect to node 6/, 'a server that is cut off can be removed');
$writer->query('COMMIT');
like($writer->{stderr}, qr/ERROR:/, 'its open transactions cannot commit');
$idle->query(q{INSERT INTO shop.country (code) VALUES ('es')});
like($idle->{stderr}, qr/ERROR:/, 'its open connections are closed');
$_->quit for $idle, $writer;
is($_->safe_psql('postgres', q{SELECT count(*) FROM shop.country WHERE code IN ('it', 'es')}), 0, 'it has written nothing')
	for $node1, $new;
is($node1->safe_psql('postgres', 'SELECT count(*) FROM pg_prepared_xacts'), 0, 'and nothing is left of its transactions');

# One whose place another server has taken
rename $gone->data_dir . '/pg_hba.conf', $gone->data_dir . '/pg_hba.old' or die $!;
PostgreSQL::Test::Utils::append_to_file($gone->data_dir . '/pg_hba.conf', $hba);
$gone->reload;
$gone->safe_psql('postgres', 'SELECT distshard.leave_cluster()');
is($cluster->add($gone), 7, 'it comes back, to lose all that it has');
$gone->safe_psql('template1', 'DROP DATABASE postgres WITH (FORCE)');
$gone->safe_psql('template1', q{CREATE DATABASE postgres ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0});
like(error_of($node1, 'SELECT distshard.set_node(7, host => $$127.0.0.1$$)'), qr/server 127.0.0.1:\d+ is not node 7/, 'it is not taken for the node');
like(error_of($node1, q{SELECT distshard.remove_node(7)}),
	qr/WARNING:  could not connect to node 7.*DETAIL:  The server there is not node 7.*HINT:  Run SELECT distshard.leave_cluster/s,
	'a node can be removed in whose place there is another server');
is($cluster->add($gone), 8, 'which can be added');

done_testing();
