# Whether the time of a refused login tells what was wrong: an existing user's wrong password, a name that nobody has, a locked user
# and a suspended one with the right password, asked in turns.

login_time_of() { # LOGIN PASSWORD ADDRESS: one refused login, its seconds
	curl --silent --output "$scratch/answer" --write-out '%{http_code} %{time_total}\n' --interface "$3" \
		-H 'Content-Type: application/json' -d "{\"login\":\"$1\",\"password\":\"$2\",\"bearer\":true}" \
		"http://127.0.0.1:$port/api/v1/sessions" >"$scratch/told"
	read -r status took <"$scratch/told"
	[ "$status" = 401 ] || { echo "login $1: $status" >&2; exit 1; }
	echo "$took"
}

# The N-th percentile of a file of numbers.
percentile() { # N FILE
	sort -g "$2" | awk -v n="$1" '{ v[NR] = $1 } END { i = int((NR * n + 99) / 100); print v[i < 1 ? 1 : i] }'
}

login_time_tell() { # KIND
	awk -v kind="$1" -v m="$(median "$scratch/time-$1")" -v p="$(percentile 95 "$scratch/time-$1")" \
		-v m0="$(median "$scratch/time-wrong")" -v p0="$(percentile 95 "$scratch/time-wrong")" 'BEGIN {
			printf "  %-10s median %.1f ms (%.3f of a wrong password), p95 %.1f ms (%.3f)\n", kind, m * 1000, m / m0, p * 1000, p / p0
		}'
}

# Every wrong password of an existing user comes from an address of its own, so that none of them meets a lock.
figure_login_time() {
	export XIANGCAI_FAILURES_PER_ADDRESS=1000000
	data_make login-time 0
	server_start
	unset XIANGCAI_FAILURES_PER_ADDRESS
	rm -f "$scratch"/time-*
	query "UPDATE user SET status = 'suspended' WHERE login = 'auditor'"
	for _ in 1 2 3 4 5; do
		login_time_of dispatcher 'not the password' 127.0.9.9 >/dev/null
	done
	for round in $(seq $((rounds * 20))); do
		login_time_of buyer 'not the password' "127.0.8.$round" >>"$scratch/time-wrong"
		login_time_of "nobody.$round" "$password" 127.0.9.1 >>"$scratch/time-unknown"
		login_time_of dispatcher "$password" 127.0.9.9 >>"$scratch/time-locked"
		login_time_of auditor "$password" 127.0.9.2 >>"$scratch/time-suspended"
		query "UPDATE login_user SET strangers_until = 0, failures = 0; UPDATE login_pair SET failures = 0 WHERE address <> '127.0.9.9'"
	done
	echo "login-time: $((rounds * 20)) refused logins of each kind, in turns"
	for kind in wrong unknown locked suspended; do
		login_time_tell "$kind"
	done
	server_stop
}
