# The shop while suppliers change prices and stock: reads beside 1,000 changes a second against the same undisturbed, in turns; and
# over 100,000 products how long a view takes to be made, what it weighs, and how soon it shows what was committed, here and on a
# second server over the same database.

# The goods of the cataloguer's supplier that the bench made, as changes-load reads them: no reviewer waits for their prices, and
# none of them stands at the top of its band.
changes_goods() {
	query "SELECT k.code, rs.minimum, SUBSTRING_INDEX(SUBSTRING_INDEX(n.ladder, ';', 1), ':', -1), k.product
		FROM user u JOIN membership m ON m.user = u.id JOIN sku k ON k.supplier = m.organisation JOIN stock s ON s.sku = k.number
		JOIN product p ON p.id = k.product JOIN revision_sku rs ON rs.revision = p.revision AND rs.sku = k.number
		JOIN price n ON n.sku = k.number WHERE u.login = 'cataloguer' AND s.on_sale AND k.code LIKE 'BENCH-%'
		ORDER BY k.number" >"$scratch/goods"
	echo "$(wc -l <"$scratch/goods") goods of one supplier are changed, of $(query 'SELECT COUNT(*) FROM stock WHERE on_sale')"
}

changes_serve() { # PRODUCTS
	goods_data "$1"
	server_start
	token=$(login cataloguer)
	changes_goods
}

changes_reads() { # NAME
	wrk -t 1 -c 16 -d "${seconds}s" --latency "http://127.0.0.1:$port/api/v1/products?category=01" >"$scratch/wrk"
	grep -q 'Non-2xx' "$scratch/wrk" && { cat "$scratch/wrk" >&2; exit 1; }
	awk '/^Requests\/sec/ { print $2 }' "$scratch/wrk" >>"$scratch/$1.rate"
	awk '$1 == "99%" { v = $2 + 0; print $2 ~ /us$/ ? v / 1000 : $2 ~ /ms$/ ? v : v * 1000 }' "$scratch/wrk" >>"$scratch/$1.p99"
}

changes_beside() {
	cpu=$(cpu_us "$server")
	cpu_database=$(cpu_us "$database")
	"$scratch/changes-load" --port "$port" --token "$token" --goods "$scratch/goods" --rate 1000 --items 50 \
		--seconds $((seconds + 1)) >"$scratch/changes" &
	changer=$!
	started="$started $changer"
	changes_reads "$1"
	wait "$changer"
	value_of changes_a_second <"$scratch/changes" >>"$scratch/changes.rate"
	value_of answer_p99_us <"$scratch/changes" >>"$scratch/changes.answer"
}

changes_size() { # PRODUCTS
	changes_serve "$1"
	rm -f "$scratch"/quiet.* "$scratch"/beside.* "$scratch"/changes.*
	for round in $(seq "$rounds"); do
		[ $((round % 2)) = 1 ] || changes_beside beside
		changes_reads quiet
		[ $((round % 2)) = 0 ] || changes_beside beside
		events_settle
	done
	ratio_tell "shop-changes, $1 products more, reads beside 1,000 changes a second" 0.9 \
		"$scratch/beside.rate" "$scratch/quiet.rate" "a second"
	echo "  p99 of reads $(median "$scratch/beside.p99") ms against $(median "$scratch/quiet.p99") ms (goal: 20 ms more at most);" \
		"$(median "$scratch/changes.rate") changes a second were made, p99 of an answer to 50 $(median "$scratch/changes.answer") µs"
	server_stop
	"$xiangcai" verify --data "$data" >"$scratch/out" 2>>"$scratch/log" || { cat "$scratch/out"; exit 1; }
	echo "  the books were verified behind it"
}

figure_shop_changes() {
	changes_size 20000
	changes_size 100000
}

# ---- the view ----

# Seconds from the start to the first answer, over a warm database.
view_start() {
	begun=$(date +%s%N)
	server_start
	echo $((($(date +%s%N) - begun) / 1000000))
}

# A second server over the first one's database, which it neither starts nor ends.
second_start() {
	socket=$(tr '\0' '\n' <"/proc/$database/cmdline" | sed -n 's/^--socket=//p')
	mkdir -p "$scratch/second"
	cp -r "$data/keys" "$scratch/second/"
	XIANGCAI_DATABASE_SOCKET=$socket XIANGCAI_DATABASE_USER=root XIANGCAI_DATABASE_NAME=xiangcai \
		"$xiangcai" serve --data "$scratch/second" --port 0 >"$scratch/second.port" 2>"$scratch/second.log" &
	second=$!
	started="$started $second"
	for _ in $(seq 600); do
		second_port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$scratch/second.port" | tail -n 1)
		[ -z "$second_port" ] || return 0
		kill -0 "$second" 2>/dev/null || { tail -n 5 "$scratch/second.log" >&2; exit 1; }
		sleep 0.1
	done
}

figure_shop_view() {
	goods_data 100000
	server_start
	server_stop
	view_start >"$scratch/start"
	token=$(login cataloguer)
	changes_goods
	echo "start to first answer with database, 100,000 products more: $(cat "$scratch/start") ms; memory $(rss_mb "$server") MB"
	second_start
	echo "a second server over the running database: memory $(rss_mb "$second") MB"
	"$scratch/changes-load" --port "$port" --token "$token" --goods "$scratch/goods" --see "$port,$second_port" --times 100 >"$scratch/seen"
	echo "from the answer to a change of a price until the shop shows it: here p50 $(value_of seen_1_p50_us <"$scratch/seen") µs," \
		"p99 $(value_of seen_1_p99_us <"$scratch/seen") µs (goal 200000); on the second server p50 $(value_of seen_2_p50_us <"$scratch/seen") µs," \
		"p99 $(value_of seen_2_p99_us <"$scratch/seen") µs (goal 1000000)"
	stop "$second"
	server_stop
}
