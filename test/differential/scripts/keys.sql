Every hashable type as shard key.

--- variants
coordinator
prepared

--- everywhere
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN small AS int CHECK (VALUE < 1000);
CREATE DOMAIN code AS varchar(5);
CREATE TYPE span AS RANGE (subtype = int4);
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

--- each
name ;; type ;; cast ;; a ;; b ;; c ;; none
bool ;; bool ;; bool ;; true ;; false ;; t ;; f
char1 ;; "char" ;; "char" ;; a ;; Z ;; ä ;; b
name ;; name ;; name ;; a ;; b c ;; Ünï ;; n
int2 ;; int2 ;; int2 ;; 1 ;; -32768 ;; 0 ;; 5
int4 ;; int ;; int ;; 1 ;; -2147483648 ;; 0 ;; 5
int8 ;; int8 ;; int8 ;; 1 ;; -9223372036854775808 ;; 5000000000 ;; 5
float4 ;; float4 ;; float4 ;; 1.5 ;; -0 ;; NaN ;; 0.1
float8 ;; float8 ;; float8 ;; 0 ;; -Infinity ;; 1e300 ;; 0.1
numeric ;; numeric ;; numeric ;; 1 ;; 1.00 ;; NaN ;; -0.5
decimals ;; numeric(10,2) ;; numeric ;; 1.25 ;; -5.251 ;; 99999999.99 ;; 1
text ;; text ;; text ;; a ;; B'' "q" \ $1 ;; ñandú ;; A
textc ;; text COLLATE "C" ;; text ;; a ;; B ;; ñ ;; A
nocase ;; text COLLATE nocase ;; text ;; Abc ;; aBC ;; other ;; none
varchar ;; varchar(5) ;; varchar ;; abc ;; ab  ;; x ;; y
char ;; char(5) ;; bpchar ;; abc ;; ab   ;; x ;; y
bytea ;; bytea ;; bytea ;; \x00ff ;; \x ;; \x6162 ;; \x01
date ;; date ;; date ;; 2024-02-29 ;; infinity ;; 0044-03-15 BC ;; 2000-01-01
time ;; time ;; time ;; 00:00:00 ;; 24:00:00 ;; 12:34:56.789 ;; 01:00
timetz ;; timetz ;; timetz ;; 12:00:00+00 ;; 13:00:00+01 ;; 12:34:56.789-08 ;; 01:00+00
timestamp ;; timestamp ;; timestamp ;; 2024-01-01 00:00:00 ;; infinity ;; 2024-01-01 00:00:00.000001 ;; 2000-01-01
timestamptz ;; timestamptz ;; timestamptz ;; 2024-01-01 00:00:00+00 ;; 2024-01-01 01:00:00+01 ;; -infinity ;; 2000-01-01
interval ;; interval ;; interval ;; 1 month ;; 30 days ;; -00:00:00.000001 ;; 1 year
uuid ;; uuid ;; uuid ;; a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ;; 00000000-0000-0000-0000-000000000000 ;; ffffffff-ffff-ffff-ffff-ffffffffffff ;; 11111111-1111-1111-1111-111111111111
inet ;; inet ;; inet ;; 192.168.0.1 ;; 192.168.0.1/24 ;; ::1 ;; 10.0.0.1
cidr ;; cidr ;; cidr ;; 192.168.0.0/24 ;; 10.0.0.0/8 ;; 2001:db8::/32 ;; 10.1.0.0/16
macaddr ;; macaddr ;; macaddr ;; 08:00:2b:01:02:03 ;; 00:00:00:00:00:00 ;; ff:ff:ff:ff:ff:ff ;; 08:00:2b:01:02:04
macaddr8 ;; macaddr8 ;; macaddr8 ;; 08:00:2b:01:02:03:04:05 ;; 00:00:00:00:00:00:00:00 ;; 08:00:2b:ff:fe:01:02:03 ;; 08:00:2b:01:02:03:04:06
jsonb ;; jsonb ;; jsonb ;; {"a": 1, "b": [1, null]} ;; [] ;; "text" ;; null
oid ;; oid ;; oid ;; 1 ;; 4294967295 ;; 0 ;; 5
lsn ;; pg_lsn ;; pg_lsn ;; 0/0 ;; 16/B374D848 ;; FFFFFFFF/FFFFFFFF ;; 0/1
xid8 ;; xid8 ;; xid8 ;; 1 ;; 18446744073709551615 ;; 0 ;; 5
enum ;; mood ;; mood ;; sad ;; ok ;; happy ;; ok
domain ;; small ;; small ;; 1 ;; -5 ;; 999 ;; 0
domaint ;; code ;; code ;; abc ;; b'' ;; c ;; d
composite ;; pair ;; pair ;; (1,a) ;; (2,"b c") ;; (9,) ;; (3,)
ints ;; int[] ;; int[] ;; {1,2} ;; {} ;; {NULL,3} ;; {2,1}
texts ;; text[] ;; text[] ;; {a,"b c"} ;; {{a,b},{c,d}} ;; {"NULL",NULL} ;; {a}
uuids ;; uuid[] ;; uuid[] ;; {a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11} ;; {} ;; {NULL} ;; {00000000-0000-0000-0000-000000000000}
int4range ;; int4range ;; int4range ;; [1,5] ;; empty ;; (,3] ;; [7,8)
numrange ;; numrange ;; numrange ;; [1.0,5.50] ;; empty ;; [2,) ;; [7,8)
tstzrange ;; tstzrange ;; tstzrange ;; [2024-01-01,2024-02-01) ;; empty ;; (,) ;; [2000-01-01,2000-01-02)
span ;; span ;; span ;; [1,5] ;; empty ;; (,3] ;; [7,8)
multirange ;; int4multirange ;; int4multirange ;; {[1,3),[5,7)} ;; {} ;; {(,3)} ;; {[7,8)}

--- tables
CREATE TABLE k_@name@ (k @type@, n int, v text);

--- distribute
SELECT create_distributed_table('k_@name@', 'k');

--- data
INSERT INTO k_@name@ VALUES ('@a@', 1, 'one'), ('@b@', 2, NULL), ('@c@', 3, 'three'), (NULL, 4, 'four'), ('@a@', 5, '');

--- statements
SELECT * FROM k_@name@ WHERE k = ${@a@|@b@|@c@|@none@|NULL:@cast@};

SELECT n FROM k_@name@ WHERE k = '@b@';

SELECT * FROM k_@name@ WHERE k IS NULL OR n = 3;

SELECT * FROM k_@name@ WHERE k IN ('@a@', '@c@');

SELECT k, count(*), max(n) FROM k_@name@ GROUP BY k;

SELECT count(DISTINCT k), count(k), count(*) FROM k_@name@;

SELECT a.k, a.n, b.n FROM k_@name@ a LEFT JOIN k_@name@ b ON a.k = b.k;

SELECT a FROM k_@name@ a WHERE k <> '@a@';

SELECT a.n FROM k_@name@ a WHERE k IN (SELECT k FROM k_@name@ WHERE n < 3);

INSERT INTO k_@name@ VALUES (${@none@|@a@|NULL:@cast@}, ${6:int}, 'x') RETURNING *;

INSERT INTO k_@name@ VALUES (${@none@:@cast@}, 7, 'y'), (NULL, ${8:int}, NULL), ('@c@', 9, DEFAULT) RETURNING *;

INSERT INTO k_@name@ SELECT k, n + 10, v FROM k_@name@;

UPDATE k_@name@ SET v = v || ${!:text} WHERE k = ${@a@|@b@|@c@|@none@|NULL:@cast@} RETURNING n, v;

UPDATE k_@name@ SET k = k, n = n + 100 WHERE k IS NULL RETURNING *;

DELETE FROM k_@name@ WHERE k = ${@a@|@b@|@none@|NULL:@cast@} RETURNING *;

COPY k_@name@ TO STDOUT;


UPDATE k_@name@ SET k = ${@none@|@c@|NULL:@cast@}, n = n + 1 WHERE k = ${@a@|@b@|@c@|@none@|NULL:@cast@} RETURNING n, v;

UPDATE k_@name@ SET k = CASE WHEN n = 4 THEN '@b@'::@cast@ END, v = 'moved';
UPDATE k_@name@ SET k = '@c@' WHERE k IS NULL RETURNING *;
