# The two commands: `make run` and `make test`. Everything lives in .venv and var/.

PYTHON ?= python3
BIN := .venv/bin

# Where the environment forbids it, each of a run's two hundred processes would compile what it imports anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lint bench soak audit format vendor clean

run: .venv/ready
	@exec $(BIN)/python -m leadcrm.station

test: .venv/dev-ready
	@scripts/test.sh

lint: .venv/dev-ready
	@scripts/lint.sh

bench: .venv/bench-ready
	@$(BIN)/python -m bench

PARTS ?=
MINUTES ?= 20
soak: .venv/dev-ready
	@$(BIN)/python -m soak --minutes $(MINUTES) --parts "$(PARTS)"

SCREENS ?=
audit: .venv/dev-ready
	@scripts/audit.sh $(SCREENS)

format: .venv/dev-ready
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

vendor: .venv/dev-ready
	@$(BIN)/python scripts/vendor.py

.venv/ready: requirements.txt
	@scripts/venv.sh $(PYTHON)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

.venv/dev-ready: .venv/ready requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

.venv/bench-ready: .venv/dev-ready bench/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement bench/requirements.txt
	@touch $@

clean:
	rm -rf .venv var
