# Orders of 20 lines from 64 clients over HTTP, durably placed, against the product's own statements without HTTP, on as many
# connections as serve it best. Server, database and load share the machine; the sequencer runs through all of it.

# Serves data of its own for so many goods, made on first use, and logs a buyer in.
orders_serve() { # GOODS
	data=$scratch/orders-$1
	[ -d "$data" ] || data_make "orders-$1" "$1"
	server_start
	token=$(login buyer)
}

# Over HTTP: appends to files NAME.…
orders_http() { # NAME OPTIONS…
	name=$1
	shift
	cpu=$(cpu_us "$server")
	cpu_database=$(cpu_us "$database")
	"$scratch/orders-load" --port "$port" --token "$token" "$@" >"$scratch/out"
	count=$(value_of orders <"$scratch/out")
	value_of orders_a_second <"$scratch/out" >>"$scratch/$name.rate"
	value_of p99_us <"$scratch/out" >>"$scratch/$name.p99"
	echo $((($(cpu_us "$server") - cpu) / count)) >>"$scratch/$name.cpu"
	echo $((($(cpu_us "$database") - cpu_database) / count)) >>"$scratch/$name.database"
	events_settle
}

orders_direct() { # NAME OPTIONS…
	name=$1
	shift
	cpu_database=$(cpu_us "$database")
	"$xiangcai" bench-orders --data "$data" "$@" >"$scratch/out" 2>>"$scratch/log"
	count=$(value_of orders <"$scratch/out")
	value_of orders_a_second <"$scratch/out" >>"$scratch/$name.rate"
	value_of client_cpu_us_an_order <"$scratch/out" >>"$scratch/$name.cpu"
	value_of statements_an_order <"$scratch/out" >>"$scratch/$name.statements"
	echo $((($(cpu_us "$database") - cpu_database) / count)) >>"$scratch/$name.database"
	events_settle
}

figure_bulk_order() {
	orders_serve 1000
	rm -f "$scratch"/http.* "$scratch"/direct-*
	for round in $(seq "$rounds"); do
		orders_http http --clients 64 --seconds "$seconds"
		for connections in 1 2 3 4; do
			orders_direct "direct-$connections" --connections "$connections" --seconds "$seconds"
		done
	done
	best=1
	for connections in 2 3 4; do
		if awk -v a="$(median "$scratch/direct-$connections.rate")" -v b="$(median "$scratch/direct-$best.rate")" \
			'BEGIN { exit !(a > b) }'; then
			best=$connections
		fi
	done
	ratio_tell "bulk-order, 64 clients, against $best connections without HTTP" 0.8 \
		"$scratch/http.rate" "$scratch/direct-$best.rate" "orders a second"
	echo "  p99 $(median "$scratch/http.p99") µs; statements an order without HTTP $(median "$scratch/direct-$best.statements")"
	echo "  CPU an order: server $(median "$scratch/http.cpu") µs and database $(median "$scratch/http.database") µs;" \
		"without HTTP $(median "$scratch/direct-$best.cpu") µs and $(median "$scratch/direct-$best.database") µs"
	server_stop
	"$xiangcai" verify --data "$data" >"$scratch/out" 2>>"$scratch/log" || { cat "$scratch/out"; exit 1; }
	echo "  the books were verified behind it"
}

figure_bulk_order_hot() {
	orders_serve 1000
	rm -f "$scratch"/hot.* "$scratch"/distinct.*
	for round in $(seq "$rounds"); do
		orders_http distinct --clients 64 --seconds "$seconds"
		orders_http hot --clients 64 --seconds "$seconds" --hot
	done
	ratio_tell "bulk-order-hot, one SKU in every order" 0.8 "$scratch/hot.rate" "$scratch/distinct.rate" "orders a second"
	server_stop
}

figure_order_10k() {
	export XIANGCAI_REPORT_STATEMENTS=true
	orders_serve 10000
	unset XIANGCAI_REPORT_STATEMENTS
	for lines in 20 10000; do
		rm -f "$scratch"/lines.*
		for round in $(seq "$rounds"); do
			"$scratch/orders-load" --port "$port" --token "$token" --clients 1 --orders 1 --lines "$lines" \
				--skus 10000 >"$scratch/out"
			value_of p50_us <"$scratch/out" >>"$scratch/lines.time"
			value_of statements <"$scratch/out" >>"$scratch/lines.statements"
		done
		echo "order of $lines lines: $(median "$scratch/lines.time") µs, $(median "$scratch/lines.statements") statements" \
			"(goal for 10,000: 500000 µs)"
	done
	server_stop
}
