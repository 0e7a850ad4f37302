# What all figures stand on: a scratch directory, the server and its database, CPU of processes, medians of rounds.

xiangcai=${XIANGCAI:-$root/build/release/xiangcai}
scratch=
server= # pid of the server under test, and of its database
database=
port=
password=xiangcai-demo

bench_begin() {
	scratch=$(mktemp -d)
	trap bench_end EXIT
	trap 'exit 130' INT TERM HUP
	# Quotas are told, as they always are, but none bites.
	for name in PUBLIC READ READ_USER WRITE WRITE_USER REPORT REPORT_USER LOGIN LOGIN_USER APPLICATION; do
		export "XIANGCAI_RATE_$name=6000000"
	done
	export XIANGCAI_TOTP_REQUIRED=false
	cores=$(nproc)
	core_server=0
	core_load=$((cores > 1 ? 1 : 0))
	tick_us=$((1000000 / $(getconf CLK_TCK)))
	for program in orders hold changes; do
		cc -O2 -std=c11 -D_GNU_SOURCE -o "$scratch/$program-load" \
			"$root/tests/bench/$program.c" "$root/tests/bench/http.c"
	done
	echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $cores cores, load $(cut -d' ' -f1 /proc/loadavg);" \
		"$rounds rounds of $seconds s in turns"
}

bench_end() {
	status=$?
	trap - EXIT
	stop_all
	[ -z "$scratch" ] || rm -rf "$scratch"
	exit "$status"
}

# Every process that is started in the background is noted here, and ended by its id.
started=
stop() { # PID…
	for pid in "$@"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		started=$(for other in $started; do [ "$other" = "$pid" ] || echo "$other"; done)
	done
}
stop_all() {
	stop $started
}

# ---- the server under test ----

# data_make NAME PRODUCTS: organisations, people and goods of the demonstration, and as many goods more.
data_make() {
	data=$scratch/$1
	"$xiangcai" demo --data "$data" --orders 0 >/dev/null 2>"$scratch/log"
	[ "$2" = 0 ] || "$xiangcai" bench-products --data "$data" --count "$2" 2>>"$scratch/log"
}

# goods_data PRODUCTS: the demonstration with so many goods more, made once for all figures; BENCH_GOODS names a directory
# where goods-PRODUCTS was made before, which is copied.
goods_data() {
	data=$scratch/goods-$1
	[ -d "$data" ] || if [ -d "${BENCH_GOODS:-}/goods-$1" ]; then
		cp -r "$BENCH_GOODS/goods-$1" "$data"
	else
		data_make "goods-$1" "$1"
	fi
}

# server_start [COMMAND…]: serves $data, under a command such as taskset; settings come from the environment.
server_start() {
	"$@" "$xiangcai" serve --data "$data" --port 0 >"$scratch/port" 2>"$scratch/server.log" &
	server=$!
	started="$started $server"
	for _ in $(seq 300); do
		port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$scratch/port" | tail -n 1)
		[ -z "$port" ] || break
		kill -0 "$server" 2>/dev/null || { tail -n 5 "$scratch/server.log" >&2; exit 1; }
		sleep 0.1
	done
	database=$(sed -n 's/.*"subject":"embedded".*"pid":\([0-9]*\).*/\1/p' "$scratch/server.log" | tail -n 1)
}

server_stop() {
	stop "$server"
	server=
}

# Settles what the last round left to do behind the requests.
events_settle() {
	for _ in $(seq 600); do
		[ "$(query 'SELECT COUNT(*) FROM outbox WHERE refused_at IS NULL')" != 0 ] || return 0
		sleep 0.1
	done
	echo "the sequencer did not come to an end within a minute" >&2
}

query() { # SQL
	socket=$(tr '\0' '\n' <"/proc/$database/cmdline" | sed -n 's/^--socket=//p')
	mariadb --no-defaults --batch --skip-column-names --socket="$socket" --user=root xiangcai --execute="$1"
}

login() { # LOGIN: prints a token
	curl --silent --fail -H 'Content-Type: application/json' \
		-d "{\"login\":\"$1\",\"password\":\"$password\",\"bearer\":true}" \
		"http://127.0.0.1:$port/api/v1/sessions" | sed -n 's/.*"token":"\([^"]*\)".*/\1/p'
}

# ---- processes ----

cpu_us() { # PID: user and system time so far, in microseconds
	sed 's/.*) //' "/proc/$1/stat" | awk -v tick="$tick_us" '{ printf "%.0f\n", ($12 + $13) * tick }'
}

rss_mb() { # PID
	awk '/^VmRSS/ { printf "%.1f\n", $2 / 1024 }' "/proc/$1/status"
}

value_of() { # NAME, lines of names and values on standard input
	awk -v name="$1" '$1 == name { print $2 }'
}

# ---- rounds: one number a line ----

median() { # FILE
	sort -g "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# ratio_tell TITLE GOAL OVER UNDER UNIT: two files with a line a round; prints the median of the ratios of the rounds.
ratio_tell() {
	paste "$3" "$4" | awk '{ print $1 / $2 }' >"$scratch/ratios"
	sort -g "$scratch/ratios" | awk -v title="$1" -v goal="$2" -v over="$(median "$3")" -v under="$(median "$4")" -v unit="$5" '
		{ v[NR] = $1; list = list sprintf("%s%.2f", NR > 1 ? " " : "", $1) }
		END {
			m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
			spread = (v[NR] - v[1]) / m
			word = spread > 0.3 ? "; THE ROUNDS DISAGREE" : spread > 0.15 ? "; the rounds differ" : ""
			printf "%s: %.2f (goal %s): %s against %s %s; rounds %s%s\n", title, m, goal, over, under, unit, list, word
		}'
}
