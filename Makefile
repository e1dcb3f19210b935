# The two commands of the README are `make demo` and `make test`; both make .venv on first use.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# Two workers: each collects all tests and has a Ray of its own. Each takes whole files, in the order of
# tests/conftest.py. Each command that a test starts is a new interpreter: compiled modules are kept, also where the
# environment says not to.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest \
	-n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo gpu reports test test-all tests tests-all lint types install clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade "pip>=25"
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

demo: $(INSTALLED)
	$(BIN)/sweeps run specs/digits_logistic_regression.yaml
	$(BIN)/sweeps run specs/digits_gan.yaml

# Every model on the GPU (trains, resumes, samples, is judged), then the tables of docs/fused.md: under ten minutes.
gpu: $(INSTALLED)
	$(BIN)/python benchmarks/gpu.py --checks --docs

# The studies of the reports behind the project: specs/reports/ to docs/reports.md. Ctrl-C and the same again goes on.
reports: $(INSTALLED)
	$(BIN)/python -m benchmarks.reports

# mypy takes a minute or more in a fresh clone, and one core, while the tests wait for processes now and then.
test: $(INSTALLED)
	$(MAKE) --no-print-directory --jobs 2 lint types tests

test-all: $(INSTALLED)
	$(MAKE) --no-print-directory --jobs 2 lint types tests-all

tests: lint
	$(PYTEST) -m "not slow and not gpu"

tests-all: lint
	$(PYTEST) -m "not gpu" --hypothesis-profile default

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache
