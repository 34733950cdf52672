# Installs Debian packages when they are missing and we may, else says in one line what to install. Sourced by other scripts.
# need COMMAND_OR_PATH PACKAGE... : the first is looked for, the rest is installed.
updated="" # apt-get knows what there is
need() {
	what=$1
	shift
	for found in $what; do
		if [ -x "$found" ] || command -v "$found" >/dev/null 2>&1; then return 0; fi
	done
	run=""
	if [ "$(id -u)" != 0 ]; then
		if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then run=sudo; else run=no; fi
	fi
	if [ "$run" != no ] && command -v apt-get >/dev/null 2>&1; then
		echo "installing $*"
		[ -n "$updated" ] || $run apt-get update -qq || true
		updated=yes
		if DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends "$@" >/dev/null; then
			return 0
		fi
	fi
	echo "$what is missing: install it first, for example: apt-get install $*" >&2
	return 1
}
