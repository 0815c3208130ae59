# Sourced by bench/run and bench/analyze: the servers that they measure, and what bench/run has in them.

conf="shared_buffers=512MB max_wal_size=8GB checkpoint_timeout=1h max_connections=100"
conf="$conf autovacuum=off full_page_writes=off max_locks_per_transaction=4096"

die() {
	echo "bench/${0##*/}: $*" >&2
	exit 1
}

start_servers() {
	find_pg_config && find_server_user || exit 1
	bin=$("$PG_CONFIG" --bindir)
	dir=$(mktemp -d /tmp/distshard-bench.XXXXXX)
	[ -z "$server_user" ] || chown "$server_user:" "$dir"
	chmod 755 "$dir"
	trap stop_servers EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP

	local arguments=() setting node
	for setting in $conf; do
		arguments+=(--conf "$setting")
	done
	mapfile -t distshard < <(PG_CONFIG=$PG_CONFIG test/cluster start --dir "$dir/cluster" --workers 3 "${arguments[@]}")
	[ ${#distshard[@]} = 4 ] || die "could not start the cluster"
	plain=()
	for node in 1 2 3 4; do
		start_plain "$node" >"$dir/plain$node.setup" 2>&1 || die "could not start a server; see $dir/plain$node.setup"
	done
}

# The server is reached by its unix socket only, so that its number will do as its port.
start_plain() {
	local data=$dir/plain$1
	as_server "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync || return 1
	as_server tee -a "$data/postgresql.conf" >/dev/null <<-END || return 1
		listen_addresses = ''
		unix_socket_directories = '$dir'
		port = $((5500 + $1))
		wal_level = logical
		max_prepared_transactions = 100
		fsync = off
		${conf// /
		}
	END
	as_server "$bin/pg_ctl" start -w -D "$data" -l "$data.log" || return 1
	plain+=("host=$dir port=$((5500 + $1)) user=postgres dbname=postgres")
}

stop_servers() {
	local data
	for data in "$dir"/plain?; do
		as_server "$bin/pg_ctl" stop -m immediate -D "$data" >/dev/null
	done
	[ ! -e "$dir/cluster" ] || test/cluster stop --dir "$dir/cluster"
	rm -rf "$dir"
}

median() {
	sort -g | awk '{value[NR] = $1} END {print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2}'
}

# sql CONNECTION STATEMENT...
sql() {
	local connection=$1 statement arguments=()
	shift
	for statement; do
		arguments+=(-c "$statement")
	done
	PGOPTIONS='-c client_min_messages=warning' \
		"$bin/psql" -XAtq -v ON_ERROR_STOP=1 -d "$connection" "${arguments[@]}" || die "failed: $*"
}

columns="k bigint PRIMARY KEY, x int NOT NULL, y float8 NOT NULL, filler text NOT NULL"

load() {
	local filled="SELECT g, g % 1000, g * 0.5, repeat('x', 80) FROM generate_series(1, $rows) g"
	echo "loading $rows rows into each of plain, fdw, remote, hop and local" >&2
	sql "${plain[0]}" "CREATE TABLE item ($columns)" "INSERT INTO item $filled" "VACUUM ANALYZE item"
	load_fdw
	on_nodes "> 1"
	create_item remote_item 32
	on_nodes "= 2"
	create_item hop_item 32
	on_nodes "= 1"
	create_item local_item 32
	sql "${distshard[0]}" "CREATE TABLE ordinary_item ($columns)" "INSERT INTO ordinary_item $filled" \
		"VACUUM ANALYZE ordinary_item"
}

# on_nodes CONDITION: where shards of new tables go, by the nodes' numbers.
on_nodes() {
	sql "${distshard[0]}" "SELECT distshard.set_node(node_id, holds_shards => node_id $1) FROM distshard.node" >/dev/null
}

# create_item TABLE SHARDS
create_item() {
	sql "${distshard[0]}" "CREATE TABLE $1 ($columns)" \
		"SELECT create_distributed_table('$1', 'k', shard_count => $2, colocate_with => 'none')" >/dev/null
	sql "${plain[0]}" "COPY item TO STDOUT" | sql "${distshard[0]}" "COPY $1 FROM STDIN" "VACUUM ANALYZE $1"
}

# Servers s1 to s3 for postgres_fdw: the other ordinary ones.
fdw_servers() {
	local server
	for server in 1 2 3; do
		sql "${plain[0]}" "CREATE EXTENSION IF NOT EXISTS postgres_fdw" \
			"CREATE SERVER s$server FOREIGN DATA WRAPPER postgres_fdw
				OPTIONS (host '$dir', port '$((5501 + server))', dbname 'postgres')" \
			"CREATE USER MAPPING FOR postgres SERVER s$server OPTIONS (user 'postgres', password_required 'false')"
	done
}

load_fdw() {
	local server shard
	fdw_servers
	sql "${plain[0]}" "CREATE TABLE fdw_item (k bigint, x int NOT NULL, y float8 NOT NULL, filler text NOT NULL)
		PARTITION BY HASH (k)"
	for shard in $(seq 0 31); do
		server=$((shard % 3 + 1))
		sql "${plain[$server]}" "CREATE TABLE item_$shard ($columns)"
		sql "${plain[0]}" "CREATE FOREIGN TABLE fdw_item_$shard PARTITION OF fdw_item
			FOR VALUES WITH (MODULUS 32, REMAINDER $shard) SERVER s$server OPTIONS (table_name 'item_$shard')"
		sql "${plain[0]}" "COPY (SELECT * FROM item WHERE
			satisfies_hash_partition('fdw_item'::regclass, 32, $shard, k)) TO STDOUT" |
			sql "${plain[$server]}" "COPY item_$shard FROM STDIN" "VACUUM ANALYZE item_$shard"
	done
}
