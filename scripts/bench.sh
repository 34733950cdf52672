#!/bin/sh
# Measures what docs/performance.md speaks of, on this machine. All parts, or those named: binary start memory language poll mail import pages rates forum team live map.
# ENTENTE_BENCH_POSTS (1000000) and ENTENTE_BENCH_IMPORT (100000) and ENTENTE_BENCH_FORUM (1000000) make it smaller; ENTENTE_BENCH_ACTIVITIES (1000000) is for the map, ENTENTE_BENCH_MAPPED names a PostgreSQL database that is filled for it. What takes minutes to make is kept in the temporary
# folder, see "work" below; remove it after a change of the schema.
set -eu
cd "$(dirname "$0")/.."
export CGO_ENABLED=0
[ -x bin/entente ] || make build
work="${TMPDIR:-/tmp}/entente-bench-$(id -u)"
mkdir -p "$work"
go build -o "$work/bench" ./internal/bench
exec "$work/bench" -binary bin/entente -work "$work" "$@"
