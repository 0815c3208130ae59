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

my $stderr;
$node->psql('postgres', q{
UPDATE big SET t = repeat(t, 70) WHERE k = 1;
UPDATE big SET t = repeat(t, 70);
INSERT INTO big SELECT 10, repeat(t, 70) FROM big WHERE k = 2;
SELECT count(*) FROM big;
}, stderr => \$stderr, on_error_stop => 0);
is(scalar(() = $stderr =~ /requested length too large/g), 3, 'more than a gigabyte is an error') or diag($stderr);
is(sums(), $sums, 'that changes nothing');

done_testing();
