#!/usr/bin/env bash
# Our own rules (scripts/rules), first against their examples, then against the code. Asks nobody on the network.
# Only the engine of the package is used: the command around it wants other versions of what the application runs with.
set -euo pipefail
cd "$(dirname "$0")/.."
version=1.185.0
home=.venv/semgrep-$version
if [ ! -x "$home/osemgrep" ]; then
  rm -rf "$home"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target "$home" "semgrep==$version"
  ln -s semgrep/bin/semgrep-core "$home/osemgrep" # the engine speaks as the command under this name
fi
export SEMGREP_SEND_METRICS=off SEMGREP_ENABLE_VERSION_CHECK=0 SEMGREP_SETTINGS_FILE="$home/settings.yml"
"$home/osemgrep" test --experimental --quiet scripts/rules >/dev/null
"$home/osemgrep" scan --experimental --quiet --error --metrics=off --config scripts/rules/python.yml leadcrm migrations app.py worker.py
