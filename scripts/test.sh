#!/usr/bin/env bash
# All tests on SQLite; then those that touch the database again on PostgreSQL. Exit code: the last failing run's.
set -uo pipefail
cd "$(dirname "$0")/.."
source scripts/browser.sh

python=.venv/bin/python
workers=$(($(nproc) + 1)) # browsers and whole installations wait now and then
status=0
LEADCRM_TEST_DB=sqlite "$python" -m pytest -n "$workers" "$@" || status=$?
# What speaks to browsers, to servers or of the code is the same whichever database lies below.
databaseless=()
for path in architecture frontend adapters contracts browser bench conversations/test_mailbox.py; do
  databaseless+=("--ignore=tests/$path")
done
for subject in headers request_tokens redirects markup mass_assignment floods matrix odd_dates; do
  databaseless+=("--ignore=tests/strangers/test_$subject.py")
done
LEADCRM_TEST_DB=postgresql "$python" -m pytest -n "$workers" -m "not process or each_database" "${databaseless[@]}" "$@" || status=$?
exit "$status"
