#!/bin/sh
# Bundles the browser side into assets/dist: app.<hash>.js, app.<hash>.css, icons.<hash>.svg, manifest.json.
set -eu
cd "$(dirname "$0")/.."
# The lock file is copied into node_modules after an install, so that an unchanged lock costs nothing.
if ! cmp -s package-lock.json node_modules/.installed-lock.json 2>/dev/null; then
	npm ci --no-audit --no-fund --loglevel=error
	cp package-lock.json node_modules/.installed-lock.json
fi
exec node assets/build.mjs
