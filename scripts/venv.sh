#!/usr/bin/env bash
# Makes .venv with the given Python. Debian ships venv's pip apart (python3-venv): as root it is installed, else asked for.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}
if "$python" -m venv .venv >/dev/null 2>&1; then exit 0; fi
rm -rf .venv
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv) >/dev/null
  "$python" -m venv .venv
else
  echo "Python's venv is incomplete here. Install it first: sudo apt install python3-venv" >&2
  exit 1
fi
