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

# copy_postgres DIR sets PG_CONFIG to that of DIR, a copy of the server's installation: PostgreSQL finds its files
# relative to its programs, so what is installed there is seen by no other server of this machine.
copy_postgres() {
	local copy=$1 original=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config} version option directory
	[[ $original != "$(realpath -m "$copy")"/* ]] || return 0 # ./check has set it
	version="$("$original" --version) $original" || return 1
	if [ "$(cat "$copy/version" 2>/dev/null)" != "$version" ]; then
		find_server_user
		remove_server_dir "$PWD/$copy" && make_server_dir "$PWD/$copy" || return 1
		for option in --bindir --pkglibdir --sharedir; do
			directory=$("$original" $option)
			mkdir -p "$copy${directory%/*}" && cp -a "$directory" "$copy$directory" || return 1
		done
		for option in --includedir --includedir-server; do
			directory=$("$original" $option)
			[ ! -e "$copy$directory" ] || continue
			mkdir -p "$copy${directory%/*}" && ln -s "$directory" "$copy$directory" || return 1
		done
		echo "$version" >"$copy/version"
	fi
	PG_CONFIG=$(realpath "$copy$original")
	export PG_CONFIG
	[[ $("$PG_CONFIG" --pkglibdir) == "$(realpath "$copy")"/* ]] && return 0
	echo "$0: $original cannot be copied, since its libraries are always looked for in one place" >&2
	return 1
}

# build_and_install does so into the installation of PG_CONFIG.
build_and_install() {
	make -s -j"$(nproc)" PG_CONFIG="$PG_CONFIG" install >build/make.log 2>&1 && return 0
	tail -n 40 build/make.log >&2
	return 1
}
