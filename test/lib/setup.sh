# Sourced by ./check and ./quickstart: gets this checkout built, and installed where it disturbs nobody.

. test/lib/server.sh

# install_packages PACKAGE... installs those that are missing.
install_packages() {
	local package missing=() sudo=
	command -v dpkg-query >/dev/null || return 0 # not Debian: whoever runs this has installed them
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || sudo=sudo
	echo "installing ${missing[*]}"
	$sudo apt-get update -qq >build/apt.log 2>&1 &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" \
			>>build/apt.log 2>&1 && return 0
	tail -n 20 build/apt.log >&2
	echo "$0: could not install ${missing[*]}" >&2
	return 1
}

# copy_postgres sets PG_CONFIG to that of build/pg, a copy of the server's installation: PostgreSQL finds its
# files relative to its programs, so what is installed there is seen by no other server of this machine.
copy_postgres() {
	local original=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config} version option directory
	[[ $original != "$(realpath -m build/pg)"/* ]] || return 0 # ./check has set it
	version=$("$original" --version) || return 1
	if [ "$(cat build/pg/version 2>/dev/null)" != "$version" ]; then
		find_server_user
		remove_server_dir "$PWD/build/pg" && make_server_dir "$PWD/build/pg" || return 1
		for option in --bindir --pkglibdir --sharedir; do
			directory=$("$original" $option)
			mkdir -p "build/pg${directory%/*}" && cp -a "$directory" "build/pg$directory" || return 1
		done
		for option in --includedir --includedir-server; do
			directory=$("$original" $option)
			[ ! -e "build/pg$directory" ] || continue
			mkdir -p "build/pg${directory%/*}" && ln -s "$directory" "build/pg$directory" || return 1
		done
		echo "$version" >build/pg/version
	fi
	PG_CONFIG=$(realpath "build/pg$original")
	export PG_CONFIG
}

# build_and_install does so into the installation of PG_CONFIG.
build_and_install() {
	make -s PG_CONFIG="$PG_CONFIG" install >build/make.log 2>&1 && return 0
	tail -n 40 build/make.log >&2
	return 1
}
