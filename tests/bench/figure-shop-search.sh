# Searches of the shop in Chinese and by pinyin, with and without counts of the facets, at 1,000 and at 100,000 products more than
# the demonstration has: the same questions in the same order, one pinned core, 16 connections. A view keeps about a thousand
# answers for those who ask again, so there are two sorts of questions: many thousands, which are searched for, and a few, which
# are answered from what is kept.

# What people type: whole words, parts, a county with goods, initials, syllables, a certificate, a supplier, what nobody has.
search_few() {
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

# Goods by name, part, initials and syllables.
search_goods() {
	cat <<-'END'
		富硒绿茶 绿茶 fxlc lvcha
		手工挂面 挂面 sggm guamian
		紫阳毛尖 毛尖 zymj maojian
		秦岭土蜂蜜 蜂蜜 qltfm fengmi
		薄皮核桃 核桃 bpht hetao
		有机小米 小米 yjxm xiaomi
		浓香菜籽油 菜籽油 nxczy caiziyou
		秦巴黑木耳 木耳 qbhme muer
		洛川苹果 苹果 lcpg pingguo
		魔芋面 魔芋 mym moyu
	END
}

# The lines of a command as a table: of words, or (with a second argument) of tables of words.
search_table() { # NAME [rows]
	echo "local $1 = {"
	if [ $# -gt 1 ]; then
		sed 's/[^ ]*/"&"/g; s/ /, /g; s/.*/{ & },/'
	else
		sed 's/.*/"&",/'
	fi
	echo '}'
}

# search_script SORT KIND: how a question is made of its number.
search_script() {
	{
		search_few | search_table few
		search_goods | search_table goods rows
		query "SELECT DISTINCT c.name FROM stock s JOIN sku k ON k.number = s.sku JOIN product p ON p.id = k.product
			JOIN revision r ON r.id = p.revision JOIN county c ON c.code = r.county WHERE s.on_sale ORDER BY 1" |
			search_table counties
		query "SELECT DISTINCT r.county FROM stock s JOIN sku k ON k.number = s.sku JOIN product p ON p.id = k.product
			JOIN revision r ON r.id = p.revision WHERE s.on_sale ORDER BY 1" | search_table codes
		echo "local sort, tail = '$1', '$([ "$2" = plain ] || echo '&facets=true')'"
		cat <<-'END'
			local grades = { "特级", "一级", "精选", "家庭装", "礼盒" }
			local turn = 0
			local function any(list) return list[math.random(#list)] end
			local function escaped(text)
				return (text:gsub("[^%w]", function(c) return string.format("%%%02X", c:byte()) end))
			end
			local many = {
				function() return any(goods)[1] .. " " .. any(grades) .. math.random(0, 96) .. "号" end,
				function() return any(goods)[2] .. " " .. math.random(0, 96) .. "号" end,
				function() return any(counties) .. " " .. any(goods)[math.random(2)] end,
				function() return any(counties) .. any(goods)[1] .. any(grades) end,
				function() return any(goods)[math.random(2)] .. any(grades) .. " " .. any(counties) end,
				function() return any(goods)[math.random(2)], any(codes) end,
				function() return any(goods)[3] .. " " .. any(counties) end,
				function() return any(goods)[math.random(3, 4)], any(codes) end,
			}
			function init() math.randomseed(7) end
			function request()
				local q, county
				turn = turn + 1
				if sort == "few" then q = few[turn % #few + 1] else q, county = many[turn % #many + 1]() end
				return wrk.format("GET", "/api/v1/products?q=" .. escaped(q) .. (county and "&county=" .. county or "") .. tail)
			end
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

search_questions() { # PRODUCTS SORT KIND
	name=search-$2-$3-$1
	search_script "$2" "$3"
	for round in $(seq "$rounds"); do
		search_round "$name"
	done
	echo "shop-search, $([ "$2" = few ] && echo "answers that are kept" || echo "searched for"), $3:" \
		"$(median "$scratch/$name.rate") a second (goal 20000), p99 $(median "$scratch/$name.p99") ms (goal 5)," \
		"CPU $(median "$scratch/$name.cpu") µs, of which one core does $(awk '{ printf "%.0f", 1e6 / $1 }' <<-END
			$(median "$scratch/$name.cpu")
		END
		) a second"
}

search_size() { # PRODUCTS
	goods_data "$1"
	XIANGCAI_LOOPS=1 server_start taskset -c "$core_server"
	echo "$(query 'SELECT COUNT(*) FROM stock WHERE on_sale') goods, server $(rss_mb "$server") MB"
	for sort in few many; do
		for kind in plain facets; do
			search_questions "$1" "$sort" "$kind"
		done
	done
	server_stop
}

figure_shop_search() {
	search_size 1000
	search_size 100000
	for kind in plain facets; do
		ratio_tell "shop-search, $kind, CPU a question, 100,000 products over 1,000" "at most 5" \
			"$scratch/search-many-$kind-100000.cpu" "$scratch/search-many-$kind-1000.cpu" "µs"
	done
}
