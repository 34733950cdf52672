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

# With these set, a test that finds its server or browser missing fails instead of stepping aside.
export ENTENTE_TEST_SERVERS=1 ENTENTE_TEST_BROWSER=1

test -z "$(gofmt -l cmd internal lang assets locales sample e2e)" || { gofmt -l cmd internal lang assets locales sample e2e; echo "these files are not formatted"; exit 1; }
go vet ./...
# The browser and the kills go last and alone: beside everything else, a machine of two cores is too slow for what people would notice.
go test -vet=off -count=1 -timeout 15m $(go list ./... | grep -v '/e2e$')
go test -vet=off -count=1 -timeout 15m ./e2e
