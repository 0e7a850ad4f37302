# Runs one child at a time so that SIGINT and SIGTERM reach it, and this script ends only after it has ended.
# A child in the background of a script ignores SIGINT: it is always told by SIGTERM.
child=
told_to_end=no
trap 'told_to_end=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true' INT TERM HUP

# attend COMMAND…: runs it and waits for it, however often a signal interrupts the waiting; ends the script when it was told
# to end meanwhile.
attend() {
	"$@" &
	child=$!
	while :; do
		status=0
		wait "$child" || status=$?
		kill -0 "$child" 2>/dev/null || break
	done
	child=
	[ "$told_to_end" = no ] || exit 130
	return "$status"
}
