#!/bin/sh
# Runs every test. What is missing is installed when we may, else one line says what it is.
set -eu
cd "$(dirname "$0")/.."
. scripts/need.sh
export CGO_ENABLED=0

if [ -z "${ENTENTE_TEST_POSTGRES:-}" ]; then
	need "pg_ctl $(ls -d /usr/lib/postgresql/*/bin/pg_ctl 2>/dev/null || echo /usr/lib/postgresql/15/bin/pg_ctl)" postgresql
fi
need "chromium chromium-browser google-chrome" chromium fonts-dejavu-core
need "dovecot /usr/sbin/dovecot" dovecot-imapd
need "smtpd /usr/sbin/smtpd" opensmtpd || need "postfix /usr/sbin/postfix" postfix

# Property tests draw the same cases each time, so that what was not changed does not fail today and pass tomorrow: RAPID_SEED=0 draws new ones.
export RAPID_SEED="${RAPID_SEED:-1}"
# With these set, a test that finds its server or browser missing fails instead of stepping aside.
export ENTENTE_TEST_SERVERS=1 ENTENTE_TEST_BROWSER=1

test -z "$(gofmt -l cmd internal lang assets locales sample e2e)" || { gofmt -l cmd internal lang assets locales sample e2e; echo "these files are not formatted"; exit 1; }
go vet ./...

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ENTENTE_TEST_E2E="$work/e2e" # the program and the sample are made once for both runs of ./e2e
mkdir "$ENTENTE_TEST_E2E"
run() {
	{ go test -vet=off -count=1 -timeout 15m "$@" || : >"$work/failed"; } 2>&1 | tee -a "$work/said"
}

# What finds most mistakes soonest goes first: every page and every role, every link, every word.
first='^(TestRoutes|TestCrawl|TestUnspoken)$'
run -run "$first" ./e2e
# Tests wait for databases, browsers and mail servers as much as they calculate: three at once keep two cores busy.
run -p 3 $(go list ./... | grep -v '/e2e$')
# The browser and the kills go last and alone: beside everything else, a machine of two cores is too slow for what people would notice.
run -parallel 3 -skip "$first" ./e2e

[ ! -e "$work/failed" ] || sh scripts/again.sh "$work/said"
