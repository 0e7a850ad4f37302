# Searches of the shop in Chinese and by pinyin, with and without counts of the facets, at 1,000 and at 100,000 products more than
# the demonstration has: the same questions in the same order, one pinned core, 16 connections.

# What people type: whole words, parts, a county with goods, initials, syllables, a certificate, a supplier, what nobody has.
search_questions() {
	cat <<-'END'
		富硒绿茶
		苹果
		洛川苹果
		延长县 苹果
		核桃
		土蜂蜜
		秦巴黑木耳
		黑木耳
		有机小米
		小米 礼盒
		菜籽油
		魔芋面
		手工挂面
		毛尖 特级
		紫阳毛尖
		地理标志
		有机
		安康市
		fxlc
		lcpg
		pingguo
		hetao
		５ｋｇ 苹果
		手 工 挂 面
		不存在的商品
		茶
	END
}

search_script() { # SUFFIX
	{
		echo 'local questions = {'
		search_questions | while read -r question; do
			printf '"%s",\n' "$(printf '%s' "$question" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g')"
		done
		cat <<-END
			}
			local requests, turn = {}, 0
			function init()
				for i, q in ipairs(questions) do requests[i] = wrk.format("GET", "/api/v1/products?q=" .. q .. "$1") end
			end
			function request() turn = turn % #requests + 1; return requests[turn] end
		END
	} >"$scratch/search.lua"
}

search_round() { # NAME
	before=$(cpu_us "$server")
	taskset -c "$core_load" wrk -t 1 -c 16 -d "${seconds}s" --latency -s "$scratch/search.lua" "http://127.0.0.1:$port" >"$scratch/wrk"
	grep -q 'Non-2xx' "$scratch/wrk" && { cat "$scratch/wrk" >&2; exit 1; }
	awk '/^Requests\/sec/ { print $2 }' "$scratch/wrk" >>"$scratch/$1.rate"
	awk '$1 == "99%" { v = $2 + 0; print $2 ~ /us$/ ? v / 1000 : $2 ~ /ms$/ ? v : v * 1000 }' "$scratch/wrk" >>"$scratch/$1.p99"
	count=$(awk '/requests in/ { print $1 }' "$scratch/wrk")
	echo $((($(cpu_us "$server") - before) * 1000 / count)) | awk '{ print $1 / 1000 }' >>"$scratch/$1.cpu"
}

search_size() { # PRODUCTS
	data_make "search-$1" "$1"
	XIANGCAI_LOOPS=1 server_start taskset -c "$core_server"
	for kind in plain facets; do
		search_script "$([ "$kind" = plain ] || echo '&facets=true')"
		for round in $(seq "$rounds"); do
			search_round "search-$kind-$1"
		done
		echo "shop-search, $kind, $(query 'SELECT COUNT(*) FROM stock WHERE on_sale') goods: $(median "$scratch/search-$kind-$1.rate")" \
			"a second (goal 20000), p99 $(median "$scratch/search-$kind-$1.p99") ms (goal 5)," \
			"CPU $(median "$scratch/search-$kind-$1.cpu") µs; memory $(rss_mb "$server") MB"
	done
	server_stop
}

figure_shop_search() {
	search_size 1000
	search_size 100000
	for kind in plain facets; do
		ratio_tell "shop-search, $kind, CPU a question, 100,000 products over 1,000" "at most 5" \
			"$scratch/search-$kind-100000.cpu" "$scratch/search-$kind-1000.cpu" "µs"
	done
}
