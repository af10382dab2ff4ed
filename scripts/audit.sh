#!/usr/bin/env bash
# Lighthouse over every screen, on a demo office of its own. Node, npm and Chromium are for this only.
set -euo pipefail
cd "$(dirname "$0")/.."
browser=chromium # what Lighthouse drives
source scripts/browser.sh
version=12.8.2 # 13 needs Node 22
home=.venv/lighthouse-$version
command -v npm >/dev/null || { echo "make audit needs Node 18 or later with npm." >&2; exit 1; }
if [ ! -x "$home/node_modules/.bin/lighthouse" ]; then
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$home" "lighthouse@$version"
fi
exec .venv/bin/python scripts/audit.py "$home/node_modules/.bin/lighthouse" "$@"
