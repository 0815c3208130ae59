# Sourced by bench/run: what is measured. Each workload prints its lines of the result.

# Where each variant runs, and its table.
declare -A table=([plain]=item [fdw]=fdw_item [remote]=remote_item [local]=local_item [ordinary]=ordinary_item)
table+=([apart]=remote_item [hop]=hop_item)

connection_of() {
	case $1 in
	plain | fdw) echo "${plain[0]}" ;;
	apart) echo "${distshard[0]} options='-c distshard.consistent_reads=off'" ;;
	*) echo "${distshard[0]}" ;;
	esac
}

# compare NAME MORE|LESS COMMAND VARIANT...: runs COMMAND VARIANT in rounds, each of which prints a number, of
# which more (or less) is better. Ratios are to the first variant.
compare() {
	local name=$1 better=$2 command=$3 round variant first
	shift 3
	for ((round = 0; round < rounds; round++)); do
		for variant; do
			$command "$variant" >>"$dir/result.$variant" || die "$name: $variant failed"
		done
	done
	first=$(median <"$dir/result.$1")
	for variant; do
		median <"$dir/result.$variant" | awk -v name="$name" -v variant="$variant" -v first="$first" -v better="$better" \
			'{printf "%-28s %-10s %12.1f %8.2f\n", name, variant, $1, better == "MORE" ? $1 / first : first / $1}'
		rm "$dir/result.$variant"
	done
}

# Statements per second of the script $dir/script, in the protocol $protocol, once the sessions have warmed up.
pgbench_rate() {
	sed "s/TABLE/${table[$1]}/" "$dir/script" >"$dir/script.$1"
	"$bin/pgbench" -n -c "$clients" -j "$clients" -T $((warmup + seconds)) -P 1 -M "$protocol" -D rows="$rows" \
		-f "$dir/script.$1" "$(connection_of "$1")" >/dev/null 2>"$dir/pgbench.log" &&
		awk -v warmup="$warmup" '/^progress:/ && $2 > warmup + 0.5 {sum += $4; n++} END {print sum / n}' "$dir/pgbench.log" ||
		{ cat "$dir/pgbench.log" >&2 && return 1; }
}

# by_key NAME SCRIPT VARIANT...
by_key() {
	local name=$1 protocol
	echo "$2" >"$dir/script"
	shift 2
	for protocol in simple prepared; do
		compare "$name $protocol" MORE pgbench_rate "$@"
	done
}

select_script='\set k random(1, :rows)
SELECT x, y, filler FROM TABLE WHERE k = :k;'
update_script='\set k random(1, :rows)
UPDATE TABLE SET x = x + 1 WHERE k = :k;'
insert_script='\set k random(1000000000, 1000000000000000)
INSERT INTO TABLE VALUES (:k, 1, 1, repeat('"'x'"', 80));'

run_select() {
	by_key select "$select_script" plain fdw remote hop local
}

run_update() {
	by_key update "$update_script" plain fdw remote hop local
	tidy
}

run_insert() {
	by_key insert "$insert_script" plain fdw remote hop local
	tidy
}

# Tables as they were before, as to their number of rows and dead rows.
tidy() {
	local variant server
	for variant in plain remote hop local; do
		sql "$(connection_of "$variant")" "DELETE FROM ${table[$variant]} WHERE k > $rows" "VACUUM ${table[$variant]}"
	done
	for server in 1 2 3; do
		sql "${plain[$server]}" "DO \$\$
			DECLARE
				item regclass;
			BEGIN
				FOR item IN SELECT oid FROM pg_class WHERE relname ~ '^item_\d+\$' LOOP
					EXECUTE format('DELETE FROM %s WHERE k > $rows', item);
				END LOOP;
			END \$\$" VACUUM
	done
}

# Milliseconds that the statement $statement takes in a session that ran it before.
statement_time() {
	local line="${statement/TABLE/${table[$1]}};"
	printf '%s\n' "$line" "$line" '\timing on' "$line" "$line" "$line" |
		"$bin/psql" -XAtq -v ON_ERROR_STOP=1 -d "$(connection_of "$1")" | awk '/^Time:/ {print $2}' | median
}

run_aggregate() {
	statement="SELECT count(*), avg(x), max(y) FROM TABLE"
	compare "aggregate, ms" LESS statement_time plain fdw remote local
}

# Thousands of rows per second. All servers begin with files of the WAL that they can use again: one that has to make
# them, since it had no checkpoint for long, takes a third longer.
copy_rate() {
	local name=${table[$1]}_copy n=$rows connection server
	connection=$(connection_of "$1")
	[ "$1" != fdw ] || n=$((rows / 100)) # or it would take minutes
	sql "$connection" "TRUNCATE $name"
	for server in "${plain[@]}" "${distshard[@]}"; do
		sql "$server" CHECKPOINT
	done
	head -n "$n" "$dir/rows" >"$dir/rows.$1"
	local start=${EPOCHREALTIME/./}
	"$bin/psql" -Xq -v ON_ERROR_STOP=1 -d "$connection" -c "\copy $name FROM $dir/rows.$1" || return 1
	echo $((n * 1000 / (${EPOCHREALTIME/./} - start)))
}

run_copy() {
	local shard server
	sql "${plain[0]}" "COPY item TO STDOUT" >"$dir/rows"
	sql "${plain[0]}" "CREATE TABLE item_copy (LIKE item INCLUDING ALL)"
	sql "${plain[0]}" "CREATE TABLE fdw_item_copy (k bigint, x int, y float8, filler text) PARTITION BY HASH (k)"
	for shard in $(seq 0 31); do
		server=$((shard % 3 + 1))
		sql "${plain[$server]}" "CREATE TABLE item_copy_$shard ($columns)"
		sql "${plain[0]}" "CREATE FOREIGN TABLE fdw_item_copy_$shard PARTITION OF fdw_item_copy
			FOR VALUES WITH (MODULUS 32, REMAINDER $shard) SERVER s$server OPTIONS (table_name 'item_copy_$shard')"
	done
	create_empty remote_item_copy remote_item
	create_empty local_item_copy local_item
	compare "copy, 1000 rows/s" MORE copy_rate plain fdw remote local
	rm "$dir"/rows*
	sql "${plain[0]}" "DROP TABLE item_copy, fdw_item_copy"
	sql "${distshard[0]}" "DROP TABLE remote_item_copy" "DROP TABLE local_item_copy"
}

# create_empty TABLE OTHER: cut like the other.
create_empty() {
	sql "${distshard[0]}" "CREATE TABLE $1 ($columns)" \
		"SELECT create_distributed_table('$1', 'k', colocate_with => '$2')" >/dev/null
}

run_ordinary() {
	by_key "select, ordinary table" "$select_script" plain ordinary
	by_key "update, ordinary table" "$update_script" plain ordinary
	sql "${distshard[0]}" "VACUUM ordinary_item"
	tidy
}

# Two rows in one transaction. The tables are on different nodes, and no two transactions can wait for each other.
transfer_script='\set k random(1, :rows)
\set l random(1, :rows)
BEGIN;
UPDATE TABLE_debit SET x = x - 1 WHERE k = :k;
UPDATE TABLE_credit SET x = x + 1 WHERE k = :l;
COMMIT;'

run_transfer() {
	local side node setting
	for side in debit credit; do
		sql "${plain[0]}" "CREATE TABLE item_$side (LIKE item INCLUDING ALL)" "INSERT INTO item_$side TABLE item" \
			"VACUUM ANALYZE item_$side"
		on_nodes "= $([ $side = debit ] && echo 2 || echo 3)"
		create_item "remote_item_$side" 1
	done
	for setting in off on; do
		set_fsync $setting
		by_key "transfer, fsync $setting" "$transfer_script" plain remote
	done
	set_fsync off
	on_nodes "= 1"
}

# set_fsync off|on, on all servers that transfers use.
set_fsync() {
	local connection
	for connection in "${plain[0]}" "${distshard[@]}"; do
		sql "$connection" "ALTER SYSTEM SET fsync = $1" "SELECT pg_reload_conf()" CHECKPOINT >/dev/null
	done
}

# Rows of all workers in one statement, with and without one snapshot for them.
run_consistent() {
	by_key "read of all nodes" '\set k random(1, :rows)
SELECT count(*), sum(x) FROM TABLE WHERE k BETWEEN :k AND :k + 10;' apart remote
}

# Each session prepares a statement per shard, so it takes longer to have done so.
run_shards() {
	local n warmup=$((warmup * 3))
	on_nodes "> 1"
	for n in 256 1024; do
		table[remote$n]=remote_item_$n
		create_item "remote_item_$n" "$n"
	done
	by_key "select by shards" "$select_script" remote remote256 remote1024
	by_key "update by shards" "$update_script" remote remote256 remote1024
	statement="SELECT count(*), avg(x), max(y) FROM TABLE"
	compare "aggregate by shards, ms" LESS statement_time remote remote256 remote1024
}
