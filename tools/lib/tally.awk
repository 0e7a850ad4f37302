# Counts what ctest ran, from its log: the cases of a test in C (cmocka), the tests of a file over HTTP (TAP), one for
# anything else. A test that ended badly without a case that failed (it crashed, leaked, took too long) is one failure.
# Prints "passed failed"; appends the names of what failed to the file @bad.

function failure(what) {
	print tree ": " what >> bad
}

function close_test() {
	if (name == "")
		return
	if (cases == 0 && ended_well)
		passed++
	if (!ended_well && test_failures == 0) {
		failed++
		failure(name)
	}
	name = ""
}

/^[0-9]+\/[0-9]+ Test: / {
	close_test()
	name = $0
	sub(/^[0-9]+\/[0-9]+ Test: /, "", name)
	cases = test_failures = ended_well = 0
	next
}

/^\[       OK \] / { cases++; passed++; next }

# cmocka names a failure twice: while it runs, and indented the same in the list at the end, which is counted.
/^\[  FAILED  \] [0-9]+ test\(s\), listed below:/ { listing = 1; next }
/^\[  FAILED  \] / && listing {
	cases++; failed++; test_failures++
	failure(name ": " substr($0, 14))
	next
}

# TAP of Node's test runner: the sums at its end count, the lines before say what failed.
/^ *not ok [0-9]+/ && !/# (SKIP|TO[D]O)/ {
	what = $0
	sub(/^ *not ok [0-9]+ - /, "", what)
	failure(name ": " what)
	next
}
/^# pass [0-9]+$/ { cases += $3; passed += $3; next }
/^# (fail|cancelled) [0-9]+$/ { failed += $3; test_failures += $3; next }

/^Test Passed\./ { ended_well = 1 }
/^(Test Passed|Test Failed|Test time)/ { listing = 0 }

END {
	close_test()
	print passed + 0, failed + 0
}
