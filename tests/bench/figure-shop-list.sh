# The shop's list of 20 goods, against nginx sending the same bytes from its cache: one worker each, in turns on the same core,
# the load on another. And what a thousand clients that stay cost in memory.

target='/api/v1/products?category=01'

nginx_configure() { # PORT
	cat >"$scratch/nginx/nginx.conf" <<-END
		daemon off;
		user $(id -un);
		worker_processes 1;
		pid $scratch/nginx/pid;
		error_log $scratch/nginx/logs/error.log;
		events { worker_connections 4096; }
		http {
			access_log off;
			sendfile on;
			tcp_nopush on;
			tcp_nodelay on;
			keepalive_requests 100000000;
			open_file_cache max=100;
			default_type application/json;
			server { listen 127.0.0.1:$1; root $scratch/nginx/files; }
		}
	END
}

# On a port that nobody has, below those that the kernel gives to clients.
nginx_start() {
	mkdir -p "$scratch/nginx/files/api/v1" "$scratch/nginx/logs"
	curl --silent --fail "http://127.0.0.1:$port$target" >"$scratch/nginx/files/api/v1/products"
	first=$((20000 + $$ % 10000))
	for nginx_port in $(seq "$first" $((first + 20))); do
		nginx_configure "$nginx_port"
		nginx -t -p "$scratch/nginx" -c "$scratch/nginx/nginx.conf" 2>"$scratch/nginx/logs/start" && break
	done
	taskset -c "$core_server" nginx -p "$scratch/nginx" -c "$scratch/nginx/nginx.conf" 2>>"$scratch/nginx/logs/start" &
	nginx=$!
	started="$started $nginx"
	for _ in $(seq 50); do
		curl --silent --fail --output /dev/null "http://127.0.0.1:$nginx_port$target" && return
		sleep 0.1
	done
	cat "$scratch/nginx/logs/start" >&2
	exit 1
}

# One round at one side: appends requests a second and CPU a request.
shop_round() { # PORT PID NAME CONNECTIONS
	before=$(cpu_us "$2")
	taskset -c "$core_load" wrk -t 1 -c "$4" -d "${seconds}s" "http://127.0.0.1:$1$target" >"$scratch/wrk"
	grep -q 'Non-2xx' "$scratch/wrk" && { cat "$scratch/wrk" >&2; exit 1; }
	awk '/^Requests\/sec/ { print $2 }' "$scratch/wrk" >>"$scratch/$3.rate"
	count=$(awk '/requests in/ { print $1 }' "$scratch/wrk")
	echo $((($(cpu_us "$2") - before) * 1000 / count)) | awk '{ print $1 / 1000 }' >>"$scratch/$3.cpu"
}

shop_at() { # CONNECTIONS
	rm -f "$scratch"/ours.* "$scratch"/nginx.rate "$scratch"/nginx.cpu
	for round in $(seq "$rounds"); do
		if [ $((round % 2)) = 1 ]; then
			shop_round "$port" "$server" ours "$1"
			shop_round "$nginx_port" "$worker" nginx "$1"
		else
			shop_round "$nginx_port" "$worker" nginx "$1"
			shop_round "$port" "$server" ours "$1"
		fi
	done
	ratio_tell "shop-list, $1 connections, requests" "1.2, floor 0.9" "$scratch/ours.rate" "$scratch/nginx.rate" "a second"
	ratio_tell "  CPU a request, nginx's over ours" "1.2" "$scratch/nginx.cpu" "$scratch/ours.cpu" "µs"
}

figure_shop_list() {
	data_make shop 0
	XIANGCAI_LOOPS=1 server_start taskset -c "$core_server"
	nginx_start
	worker=$(cat "/proc/$nginx/task/$nginx/children" | tr -d ' ')
	echo "body of $(wc -c <"$scratch/nginx/files/api/v1/products") bytes from $(query 'SELECT COUNT(*) FROM stock WHERE on_sale') goods"
	shop_at 16
	shop_at 64
	stop "$nginx"
	server_stop
	shop_memory
}

shop_memory() {
	server_start
	mkfifo "$scratch/hold.in"
	"$scratch/hold-load" "$port" 1000 "$target" <"$scratch/hold.in" >"$scratch/hold.out" &
	holder=$!
	started="$started $holder"
	exec 9>"$scratch/hold.in"
	for _ in $(seq 100); do
		[ ! -s "$scratch/hold.out" ] || break
		sleep 0.1
	done
	[ -s "$scratch/hold.out" ] || { echo "the clients were not answered" >&2; exit 1; }
	echo "memory with 1,000 clients that stay: $(rss_mb "$server") MB (goal 60, floor 100); database $(rss_mb "$database") MB"
	exec 9>&-
	stop "$holder"
	server_stop
}
