#!/usr/bin/env bash
# All tests on SQLite; then those that touch the database again on PostgreSQL. Exit code: the last failing run's.
set -uo pipefail
cd "$(dirname "$0")/.."
source scripts/browser.sh

python=.venv/bin/python
status=0
LEADCRM_TEST_DB=sqlite "$python" -m pytest -n 2 --dist loadgroup "$@" || status=$?
databaseless=(--ignore=tests/architecture --ignore=tests/frontend --ignore=tests/adapters --ignore=tests/contracts --ignore=tests/browser)
LEADCRM_TEST_DB=postgresql "$python" -m pytest -n 2 --dist loadgroup -m "not process" "${databaseless[@]}" "$@" || status=$?
exit "$status"
