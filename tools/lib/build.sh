# Builds a preset into build/PRESET, configuring it only once.

# configure_preset PRESET [cmake options…]
configure_preset() {
	preset=$1
	shift
	(cd "$root" && cmake --preset "$preset" "$@")
}

# build_preset PRESET [targets…]: run by attend, whose child becomes ninja. Two jobs, which is what small machines have
# cores and memory for; JOBS says otherwise.
build_preset() {
	preset=$1
	shift
	[ -f "$root/build/$preset/build.ninja" ] || configure_preset "$preset" >/dev/null || return 1
	exec ninja -C "$root/build/$preset" -j "${JOBS:-2}" "$@"
}
