# Values of many megabytes go to the nodes and come back in every way, and too large ones are errors that leave the session
# usable.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 1);
my $node = $cluster->coordinator;
my $megabytes = 20;
my $file = PostgreSQL::Test::Utils::tempdir() . '/rows';

sub sums { return $node->safe_psql('postgres', 'SELECT k, length(t), md5(t), length(b), md5(b) FROM big ORDER BY k') }

$node->safe_psql('postgres', q{CREATE TABLE big (k int PRIMARY KEY, t text, b bytea); SELECT create_distributed_table('big', 'k', 4)});
$node->safe_psql('postgres', qq{
	INSERT INTO big SELECT k, repeat(k || 'éab"\\,', $megabytes * 131072) FROM generate_series(1, 3) k;
	PREPARE p (int, text, bytea) AS INSERT INTO big VALUES (\$1, \$2, \$3);
	EXECUTE p (4, repeat('0123', $megabytes * 262144), decode(repeat('00ff0a5c', $megabytes * 65536), 'hex'));
	EXECUTE p (5, NULL, decode(repeat('00ff0a5c', $megabytes * 65536), 'hex'));
});
is($node->safe_psql('postgres', 'SELECT count(DISTINCT node_id) FROM distshard.shards WHERE size ~ $$kB$$'), 2, 'on both nodes');
is($node->safe_psql('postgres', qq{SELECT k, t = repeat(k || 'éab"\\,', $megabytes * 131072) FROM big WHERE k < 4 ORDER BY k}),
	"1|t\n2|t\n3|t", 'values come back as they went');
my $sums = sums();
is($node->safe_psql('postgres', 'CREATE TABLE plain AS SELECT * FROM big; SELECT k, length(t), md5(t), length(b), md5(b) FROM plain ORDER BY k'), $sums,
	'also whole');

for my $format ('text', 'csv', 'binary')
{
	$node->safe_psql('postgres', "COPY big TO '$file' (FORMAT $format); DELETE FROM big; COPY big FROM '$file' (FORMAT $format)");
	is(sums(), $sums, "COPY, $format");
	unlink $file;
}
$node->safe_psql('postgres', q{UPDATE big SET t = t || '!', b = b || '\x01'; UPDATE big SET t = left(t, -1), b = substr(b, 1, length(b) - 1)});
is(sums(), $sums, 'UPDATE');
$node->safe_psql('postgres', q{SELECT undistribute_table('big'); SELECT create_distributed_table('big', 'k', 4)});
is(sums(), $sums, 'moved to this node and back');

# Rows that have been written to disk are sent some at a time.
is($node->safe_psql('postgres', q{
	CREATE TABLE many (k int PRIMARY KEY, t text); SELECT create_distributed_table('many', 'k', 4);
	INSERT INTO many SELECT k, repeat(md5(k::text), 10) FROM generate_series(1, 40000) k ON CONFLICT DO NOTHING;
	SELECT count(*) FROM many WHERE t = repeat(md5(k::text), 10)}) =~ s/\s//gr, 40000, 'many rows, with ON CONFLICT');

my $stderr;
$node->psql('postgres', q{
UPDATE big SET t = repeat(t, 70) WHERE k = 1;
UPDATE big SET t = repeat(t, 70);
INSERT INTO big SELECT 10, repeat(t, 70) FROM big WHERE k = 2;
SELECT count(*) FROM big;
}, stderr => \$stderr, on_error_stop => 0);
is(scalar(() = $stderr =~ /requested length too large/g), 3, 'more than a gigabyte is an error') or diag($stderr);
is(sums(), $sums, 'that changes nothing');

# Memory is for a row, not for all rows that travel together; and none is kept.
sub memory
{
	my ($what) = @_;
	return qq{SELECT substring(pg_read_file('/proc/self/status') FROM '$what:\\s+(\\d+)')::int / 1024};
}

SKIP:
{
	skip 'memory is not to be seen here', 3 unless -e '/proc/self/status';
	my $rows = "SELECT 100 + k, repeat('0123456789abcdef', $megabytes * 65536) FROM generate_series(1, 24) k";
	cmp_ok($node->safe_psql('postgres', "INSERT INTO big $rows ON CONFLICT DO NOTHING;" . memory('VmHWM')), '<', 24 * $megabytes,
		'rows of a statement with ON CONFLICT are taken by their size');
	my (undef, $open) = split /\n/, $node->safe_psql('postgres',
		'SELECT count(md5(t)) FROM (SELECT t FROM big WHERE k > 100 LIMIT 20) AS rows; SELECT count(*) FROM distshard.connections');
	is($open, 0, 'a connection that was used for large values is closed');
	cmp_ok($node->safe_psql('postgres', 'ANALYZE big;' . memory('VmHWM')), '<', 4 * $megabytes, 'ANALYZE does not fetch large values');
}

is($node->safe_psql('postgres', qq{SELECT avg_width > $megabytes << 20 FROM pg_stats WHERE schemaname = 'public' AND tablename = 'big' AND attname = 't'}),
	't', 'and knows how large they are');

done_testing();
