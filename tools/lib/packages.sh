# Installs what is missing of some groups of tools/packages. Quick, and without a network, when nothing is.

# missing_packages GROUP…: the names that are not there, one a line.
missing_packages() {
	for group in "$@"; do
		sed -n "s/^$group *\([^ #]*\).*/\1/p" "$root/tools/packages"
	done | sort -u | while read -r entry; do
		package=${entry%%|*}
		if [ "$package" != "$entry" ] && command -v "${entry##*|}" >/dev/null 2>&1; then
			continue
		fi
		status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$status" = installed ] || printf '%s\n' "$package"
	done
}

# install_packages GROUP…
install_packages() {
	if ! command -v dpkg-query >/dev/null 2>&1; then
		echo "this is not Debian: what tools/packages lists must be installed already" >&2
		return 0
	fi
	missing=$(missing_packages "$@")
	[ -z "$missing" ] && return 0
	as_root=
	if [ "$(id -u)" -ne 0 ]; then
		as_root=sudo
		if ! command -v sudo >/dev/null 2>&1; then
			echo "these packages are missing, and neither are you root nor is there sudo:" $missing >&2
			return 1
		fi
	fi
	echo "installing:" $missing >&2
	$as_root apt-get update -q >&2 &&
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2
}
