#!/bin/sh
# What Lighthouse thinks of the demo's public pages. It is not part of `make test`: how fast a page is depends on what else the machine does.
set -eu
cd "$(dirname "$0")/.."
: "${CHROME_PATH:=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}"
[ -n "$CHROME_PATH" ] || { echo "Chromium is needed (Debian: apt-get install chromium)"; exit 1; }
export CHROME_PATH
[ -x bin/entente ] || make build
(cd scripts/lighthouse && npm ci --no-audit --no-fund --loglevel=error)
data=$(mktemp -d)
trap 'kill "$program" 2>/dev/null || true; wait "$program" 2>/dev/null || true; rm -rf "$data"' EXIT
base=http://127.0.0.1:8079
ENTENTE_DATA="$data" ENTENTE_LISTEN=127.0.0.1:8079 ./bin/entente serve --demo >"$data/log" 2>&1 &
program=$!
tries=0
until curl -sf "$base/c/sillage" >/dev/null; do
	tries=$((tries + 1))
	[ "$tries" -lt 120 ] && kill -0 "$program" 2>/dev/null || { cat "$data/log"; exit 1; }
	sleep 1
done
node scripts/lighthouse/run.mjs "$base"
