# All commands set up what they need, in .venv, the first time; after that they start at once.
#
#   make run           the stage (ARGS="--clients 3" and the like are passed on)
#   make test          the tests that take minutes at most; ARGS="tests/tcp" for some of them
#   make test-slow     the others: whole lives, whole lessons, real terminals, the kernel's tracepoint
#   make lessons       every lesson on the live kernel, as root and as nobody; ROUNDS=10: ten times
#   make lint          style, types, import contracts
#   make bench         sockviz and its peers side by side, as ratios; ARGS="start pcap --quick" for some of it
#   make chaos         run it again and again and do it harm; ROUNDS=50 (or 17-17, one of them), SEED=7
#   make fuzz          spoilt examples of all that strangers write; SECONDS=600, SEED=7, ATHERIS=1: guided
#   make soak          random free play compared with ss all the time; SECONDS=3600, SEED=7
#   make screenshots   the pictures of the README, from the real app
#   make clean         remove all that was made

.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.PHONY: run test test-slow lessons lint bench chaos fuzz soak screenshots clean

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.ready
DEV := $(VENV)/.ready-dev

# Most of the time tests wait for the kernel: three at a time, each file's in one process.
THREE := --numprocesses 3 --dist loadgroup
# pytest's exit status if there were no tests to run.
NONE := 5

run: $(RUN)
	@$(BIN)/sockviz $(ARGS)

test: $(DEV)
	@$(BIN)/pytest -m "not slow" $(THREE) $(ARGS)

test-slow: $(DEV)
	@failed=; $(BIN)/pytest -m "slow and not alone" $(THREE) $(ARGS) || [ $$? -eq $(NONE) ] || failed=1; \
	$(BIN)/pytest -m "slow and alone" $(ARGS) || [ $$? -eq $(NONE) ] || failed=1; \
	[ -z "$$failed" ]

lessons: $(DEV)
	@$(BIN)/python tests/lessons/rounds.py --rounds $(or $(ROUNDS),1) $(ARGS)

lint: $(DEV)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(DEV)
	@$(BIN)/python tests/bench/run.py $(if $(README),--readme) $(ARGS)

SEEDED = $(if $(SEED),--seed $(SEED)) $(ARGS)

chaos: $(DEV)
	@$(BIN)/python tests/chaos/chaos.py --rounds $(or $(ROUNDS),200) $(SEEDED)

fuzz: $(DEV)
	@$(if $(ATHERIS),$(BIN)/pip install --quiet --disable-pip-version-check atheris)
	@$(BIN)/python tests/fuzz/fuzz.py --seconds $(or $(SECONDS),120) $(if $(ATHERIS),--atheris) $(SEEDED)

soak: $(DEV)
	@$(BIN)/python tests/soak/soak.py --seconds $(or $(SECONDS),180) $(SEEDED)

screenshots: $(DEV)
	@$(BIN)/python screenshots/make.py $(ARGS)

clean:
	rm -rf $(VENV) .bench build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find sockviz tests screenshots -name __pycache__ -prune -exec rm -rf {} +

$(RUN): pyproject.toml | $(BIN)/pip
	@echo "Installing sockviz into $(VENV) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/pip
	@echo "Installing sockviz and its tools into $(VENV) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(RUN)

# The first Python that is new enough. Debian's can lack ensurepip, which makes half a venv.
$(BIN)/pip:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "sockviz needs Python 3.11 or newer (Debian, Ubuntu: sudo apt install python3 python3-venv)" >&2; \
		exit 2; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python can't make virtual environments (Debian, Ubuntu: sudo apt install python3-venv)" >&2; \
		exit 2; \
	fi; \
	"$$python" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 2; }
