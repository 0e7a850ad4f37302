# A supplier's workbook of 50,000 rows: until it is published, and what the server's memory grows by; then the same file again.

import_file() {
	node --input-type=module - "$root/tests/api/support/xlsx.mjs" >"$scratch/large.xlsx" <<-'END'
		const { sharedWorkbook } = await import(process.argv[2]);
		const head = ["商品编码", "商品名称", "产地", "类目", "规格", "单位", "单价", "库存", "保质期", "储存方式", "毛重"];
		const row = (i) => [`LARGE-${i}`, `紫阳富硒绿茶第${i}号`, "紫阳县", "绿茶", "125g×2罐", "盒", 100, 500, 540, "常温", 520];
		process.stdout.write(sharedWorkbook({ 目录: [["二〇二六年产品目录"], head, ...Array.from({ length: 50000 }, (_, i) => row(i))] }));
	END
}

import_send() { # NAME: appends seconds and megabytes
	file=$(curl --silent --fail -H "Authorization: Bearer $token" --data-binary "@$scratch/large.xlsx" \
		-H 'Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' \
		"http://127.0.0.1:$port/api/v1/files" | sed -n 's/^{"id":"\([^"]*\)".*/\1/p')
	rest=$(rss_mb "$server")
	echo 5 >"/proc/$server/clear_refs"
	begun=$(date +%s%N)
	import=$(curl --silent --fail -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
		-d "{\"file\":\"$file\",\"policy\":\"all_or_nothing\"}" "http://127.0.0.1:$port/api/v1/supplier/imports" |
		sed -n 's/^{"id":"\([^"]*\)".*/\1/p')
	curl --silent --fail --no-buffer -H "Authorization: Bearer $token" "http://127.0.0.1:$port/api/v1/jobs/$import/events" >"$scratch/events"
	echo $((($(date +%s%N) - begun) / 1000000)) >>"$scratch/$1.ms"
	awk -v rest="$rest" '/^VmHWM/ { printf "%.0f\n", $2 / 1024 - rest }' "/proc/$server/status" >>"$scratch/$1.mb"
	curl --silent --fail -H "Authorization: Bearer $token" "http://127.0.0.1:$port/api/v1/supplier/imports/$import" >"$scratch/import-last"
	grep -q '"published":true' "$scratch/import-last" || { cat "$scratch/import-last" >&2; exit 1; }
}

figure_import() {
	data_make import 0
	import_file
	rm -rf "$scratch"/import-*
	for round in $(seq "$rounds"); do
		cp -r "$data" "$scratch/import-data-$round"
		rest_of_data=$data
		data=$scratch/import-data-$round
		server_start
		token=$(login cataloguer)
		import_send import-first
		import_send import-again
		server_stop
		rm -rf "$data"
		data=$rest_of_data
	done
	echo "import of 50,000 rows of a workbook of $(wc -c <"$scratch/large.xlsx") bytes: $(median "$scratch/import-first.ms") ms (goal 10000)," \
		"the server's memory grows by $(median "$scratch/import-first.mb") MB at most (goal 200)"
	echo "  the same again: $(median "$scratch/import-again.ms") ms, $(median "$scratch/import-again.mb") MB;" \
		"$(grep -o '"created":[0-9]*,"changed":[0-9]*' "$scratch/import-last")"
}
