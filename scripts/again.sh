#!/bin/sh
# again.sh SAID: what to make of a run that failed, from what it said.
#
# On a small machine beside everything else a test may fail for want of time. So up to three tests that failed are run again, three times and
# alone: those that pass each time are named, loudly, and the run is good. What does not compile, panics, hangs or fails again is a failure.
set -eu
said=$1
listed=$(mktemp)
trap 'rm -f "$listed"' EXIT

# "package test" of each test that failed; "package -" where something other than tests did.
awk '
	/^--- FAIL: / { tests[++n] = $3; next }
	/^(panic|fatal error): / { worse = 1; next }
	/^(ok|FAIL)[ \t]/ && NF > 1 {
		if ($1 == "FAIL") {
			if (!n || worse) print $2, "-"
			else for (i = 1; i <= n; i++) print $2, tests[i]
		}
		n = worse = 0
	}
	END { if (n) print "somewhere", "-" }
' "$said" | sort -u >"$listed"

if [ -s "$listed" ] && [ "$(wc -l <"$listed")" -le 3 ] && ! grep -q ' -$' "$listed"; then
	echo
	echo "Again, alone, three times each:"
	if (while read -r package name; do
		go test -vet=off -count=3 -failfast -timeout 15m -run "^$name\$" "$package" </dev/null || exit 1
	done <"$listed"); then
		echo
		echo "Failed once, and passed three times alone; their authors should look at them:"
		sed 's/^/  /' "$listed"
		exit 0
	fi
fi

# The last screen says what failed: each test with the first lines of what it said, packages that do not compile, panics.
echo
echo "What failed:"
awk '
	/^ *--- FAIL: / { left = 7; print substr($0, 1, 300); next }
	/^panic: / { left = 14; print substr($0, 1, 300); next }
	/^# / { left = 8; print substr($0, 1, 300); next }
	/^FAIL\t/ { left = 0; print; next }
	/^(ok|FAIL|PASS|\?|exit status)/ || /^ *--- / { left = 0; next }
	left > 0 { left--; print substr($0, 1, 300) }
' "$said" | head -n 200
exit 1
