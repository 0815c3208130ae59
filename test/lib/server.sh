# Sourced by the scripts that run PostgreSQL servers: where PostgreSQL is, and as whom to run it.

# find_pg_config sets PG_CONFIG to that of a PostgreSQL server installation: the caller's choice, the one in
# PATH, or the newest of Debian's. (In Debian the one in PATH may belong to libpq alone.)
find_pg_config() {
	[ -z "${PG_CONFIG:-}" ] || return 0
	local candidate
	for candidate in "$(command -v pg_config)" $(ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -rV); do
		if [ -n "$candidate" ] && [ -x "$("$candidate" --bindir)/initdb" ]; then
			PG_CONFIG=$candidate
			return 0
		fi
	done
	echo "$0: no PostgreSQL server installation found; set PG_CONFIG" >&2
	return 1
}

# find_server_user sets server_user to the user that runs servers if we are root, which PostgreSQL refuses to
# be run by; otherwise to nothing.
find_server_user() {
	server_user=
	[ "$(id -u)" = 0 ] || return 0
	server_user=postgres
	id -u "$server_user" >/dev/null 2>&1 ||
		useradd --system --user-group --no-create-home --shell /usr/sbin/nologin "$server_user"
}

# as_server COMMAND... runs it as that user, in a folder where that user can be.
as_server() {
	if [ -n "$server_user" ]; then
		(cd / && HOME=/ exec setpriv --reuid "$server_user" --regid "$(id -g "$server_user")" --init-groups "$@")
	else
		"$@"
	fi
}

# make_server_dir DIR makes an empty directory that server_user owns. Where that would be out of its reach
# (below /root, say), or the name is too long for a unix socket or needs quoting, DIR becomes a link to one
# that is not.
make_server_dir() {
	local dir=$1 parent=${1%/*}
	if ! as_server test -x "$parent" || [ ${#dir} -gt 80 ] || [[ $dir =~ [^A-Za-z0-9_/.,+-] ]]; then
		ln -s "$(mktemp -d /var/tmp/distshard.XXXXXX)" "$dir" || return 1
	else
		mkdir "$dir" || return 1
	fi
	chmod 755 "$dir/"
	[ -z "$server_user" ] || chown "$server_user:" "$dir/"
}

# remove_server_dir DIR undoes make_server_dir.
remove_server_dir() {
	[ ! -L "$1" ] || rm -rf "$(readlink "$1")"
	rm -rf "$1"
}
