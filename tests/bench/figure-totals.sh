# Totals by county and by month of everything that was accepted, over HTTP with their passports, against a plain scan of the
# movements; at three scales, over which they should be flat.

totals_rate() { # BY: appends microseconds a report
	wrk -t 1 -c 1 -d "${seconds}s" -H "Authorization: Bearer $token" \
		"http://127.0.0.1:$port/api/v1/reports/totals?measure=net_accepted&by=$1" >"$scratch/wrk"
	grep -q 'Non-2xx' "$scratch/wrk" && { cat "$scratch/wrk" >&2; exit 1; }
	awk '/^Requests\/sec/ { print 1000000 / $2 }' "$scratch/wrk" >>"$scratch/ours.$1"
}

scan_time() { # BY KEY: appends microseconds of the scan
	query "SET @begun = SYSDATE(6);
		CREATE OR REPLACE TEMPORARY TABLE scanned
			SELECT $2 AS k, SUM(fen) AS fen FROM movement WHERE measure IN ('accepted', 'returned') GROUP BY k;
		SELECT TIMESTAMPDIFF(MICROSECOND, @begun, SYSDATE(6))" >>"$scratch/scan.$1"
}

totals_at() { # LINES
	server_start
	token=$(login supervisor)
	rm -f "$scratch"/ours.county "$scratch"/ours.month "$scratch"/scan.county "$scratch"/scan.month
	for round in $(seq "$rounds"); do
		for by in county month; do
			[ "$by" = county ] && key=county || key="DATE_FORMAT(day, '%Y-%m')"
			totals_rate "$by"
			scan_time "$by" "$key"
		done
	done
	for by in county month; do
		ratio_tell "totals by $by, $1 lines, the scan's time over ours" "100" "$scratch/scan.$by" "$scratch/ours.$by" "µs"
	done
	ours=$(curl --silent --fail -H "Authorization: Bearer $token" \
		"http://127.0.0.1:$port/api/v1/reports/totals?measure=net_accepted&by=county" |
		sed -n 's/.*"total":.*"amount_fen":\(-\{0,1\}[0-9]*\).*/\1/p')
	scanned=$(query "SELECT SUM(fen) FROM movement WHERE measure IN ('accepted', 'returned')")
	[ "$ours" = "$scanned" ] || { echo "the total $ours is not the sum of its rows, $scanned"; exit 1; }
	server_stop
}

figure_totals() {
	data_make totals 0
	have=0
	scales='300000 3000000'
	[ "$long" = no ] || scales="$scales 30000000"
	for scale in $scales; do
		begun=$(date +%s)
		"$xiangcai" bench-movements --data "$data" --lines $((scale - have)) 2>>"$scratch/log"
		echo "($((scale - have)) lines added and folded in $(($(date +%s) - begun)) s)"
		have=$scale
		totals_at "$scale"
		cp "$scratch/ours.county" "$scratch/at.$scale"
	done
	ratio_tell "growth from 300000 to $scale lines" "flat" "$scratch/at.$scale" "$scratch/at.300000" "µs"
}
