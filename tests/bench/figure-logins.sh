# Shop reads and orders of others while two hundred connections try wrong logins without pause, against the same undisturbed, in
# turns. No quota bites here: what holds the line is that few passwords are hashed at once, at low priority, that few wait for it,
# and that who finds no room is answered a second later.

# The names are all different, so that neither a lock nor a cache makes a try cheaper.
attack_write() {
	cat >"$scratch/logins.lua" <<-'END'
		wrk.method = "POST"
		wrk.headers["Content-Type"] = "application/json"
		local threads = {}
		function setup(thread) table.insert(threads, thread) end
		function init() tried, wrong, busy, other = 0, 0, 0, 0 end
		function request()
			tried = tried + 1
			return wrk.format(nil, nil, nil, '{"login":"nobody.' .. tried .. '","password":"not the password","bearer":true}')
		end
		function response(status)
			if status == 401 then wrong = wrong + 1 elseif status == 503 then busy = busy + 1 else other = other + 1 end
		end
		function done()
			for _, thread in ipairs(threads) do
				print("wrong " .. thread:get("wrong") .. "\nbusy " .. thread:get("busy") .. "\nother " .. thread:get("other"))
			end
		end
	END
}

# The queue of hashes is full before anything is measured.
attack_begin() {
	wrk -t 1 -c 200 -d "$((seconds + 4))s" --timeout 30s -s "$scratch/logins.lua" "http://127.0.0.1:$port/api/v1/sessions" \
		>"$scratch/attack" &
	attack=$!
	started="$started $attack"
	sleep 1
}

attack_end() {
	wait "$attack" || true
	for word in wrong busy other; do
		value_of "$word" <"$scratch/attack" >>"$scratch/attack.$word"
	done
	sleep 3 # what waited has been answered or given up
}

# What one side left to do behind its requests is not done at the cost of the other.
side_end() {
	[ "$settles" = no ] || events_settle
	settles=no
}

reads_round() { # NAME
	wrk -t 1 -c 16 -d "${seconds}s" "http://127.0.0.1:$port/api/v1/products?category=01" >"$scratch/wrk"
	grep -q 'Non-2xx' "$scratch/wrk" && { cat "$scratch/wrk" >&2; exit 1; }
	awk '/^Requests\/sec/ { print $2 }' "$scratch/wrk" >>"$scratch/$1.rate"
}

orders_round() { # NAME
	"$scratch/orders-load" --port "$port" --token "$token" --clients 64 --seconds "$seconds" >"$scratch/out"
	value_of orders_a_second <"$scratch/out" >>"$scratch/$1.rate"
	value_of p99_us <"$scratch/out" >>"$scratch/$1.p99"
	settles=yes
}

attacked_round() { # KIND
	attack_begin
	"$1_round" "$1-attacked"
	attack_end
	side_end
}

quiet_round() { # KIND
	"$1_round" "$1-quiet"
	side_end
}

# Each side is first in every other round.
logins_round() { # KIND ROUND
	[ $(($2 % 2)) = 1 ] || attacked_round "$1"
	quiet_round "$1"
	[ $(($2 % 2)) = 0 ] || attacked_round "$1"
}

figure_logins() {
	export XIANGCAI_FAILURES_PER_ADDRESS=1000000
	orders_serve 1000
	unset XIANGCAI_FAILURES_PER_ADDRESS
	attack_write
	settles=no
	rm -f "$scratch"/reads-* "$scratch"/orders-*.rate "$scratch"/orders-*.p99 "$scratch"/attack.*
	for round in $(seq "$rounds"); do
		logins_round reads "$round"
		logins_round orders "$round"
	done
	ratio_tell "logins, shop reads of others" "0.7" "$scratch/reads-attacked.rate" "$scratch/reads-quiet.rate" "a second"
	ratio_tell "logins, orders of others" "0.7" "$scratch/orders-attacked.rate" "$scratch/orders-quiet.rate" "a second"
	echo "  p99 of orders $(median "$scratch/orders-attacked.p99") µs against $(median "$scratch/orders-quiet.p99") µs;" \
		"in $((seconds + 4)) s $(median "$scratch/attack.wrong") passwords were hashed," \
		"$(median "$scratch/attack.busy") tries found no room, $(median "$scratch/attack.other") had another answer"
	echo "  memory of the server behind it: $(rss_mb "$server") MB"
	server_stop
}
