PYTHON ?= $(shell command -v python3.11 || command -v python3)
PROFILE ?= run
FAULT_ROUNDS ?= 3
FAULT_SEED ?= 0

SETUP := @$(PYTHON) -m devstack.setup
BIN := .venv/bin
CACHES := .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache imapp.egg-info

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup setup-run setup-tools run test lint types unit test-faults autobahn format contracts openapi settings bench up down clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

run: setup-run ## everything on this machine until Ctrl-C: MongoDB, RabbitMQ, Elasticsearch, gateway, workers, demo users
	@$(BIN)/python -m devstack run

test: setup lint types ## the whole check: linters, types, then all tests on real services
	@$(BIN)/pytest

lint: setup-tools ## style, format and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo

types: setup-tools ## strict type check
	@$(BIN)/mypy

unit: setup-tools ## the tests that need no services
	@$(BIN)/pytest -m "not services"

test-faults: setup ## everything that breaks, again with other seeds and longer (FAULT_ROUNDS=3, FAULT_SEED=any)
	@env -u IM_MONGO_URL -u IM_AMQP_URL -u IM_ES_URL $(BIN)/pytest tests/faults -s -q --timeout=900 \
		--fault-rounds=$(FAULT_ROUNDS) --fault-seed=$(FAULT_SEED)

autobahn: setup-tools ## the WebSocket against Autobahn's fuzzing client; needs Python 2.7 (pyenv's, or PYTHON27)
	@$(BIN)/python -m tests.autobahn

format: setup-tools ## rewrite the code in the house format
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

contracts: openapi ## write docs/openapi.json, asyncapi.json and imapp.d.ts anew, after a shape changed
	@$(BIN)/imapp asyncapi > docs/asyncapi.json.new && mv docs/asyncapi.json.new docs/asyncapi.json
	@$(BIN)/imapp types > docs/imapp.d.ts.new && mv docs/imapp.d.ts.new docs/imapp.d.ts

openapi: setup-tools ## write docs/openapi.json anew, after the REST interface changed
	@$(BIN)/imapp openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

settings: setup-tools ## write the tables of docs/configuration.md anew, after a setting changed
	@$(BIN)/imapp settings --update docs/configuration.md

bench: setup ## load the product and print its figures, on services of its own
	@$(BIN)/python -m bench

up: setup-run ## start MongoDB, RabbitMQ and Elasticsearch and leave them running (PROFILE=run, test or bench)
	@$(BIN)/python -m devstack up --profile $(PROFILE)

down: setup-run ## stop what `make up` started (PROFILE=run, test or bench)
	@$(BIN)/python -m devstack down --profile $(PROFILE)

clean: ## stop all services, then delete everything stored, the virtual environment and the caches
	@$(PYTHON) -c "from devstack import processes, profiles; processes.kill_all(processes.marked(profiles.DATA))"
	@rm -rf .data .venv $(CACHES)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: ## install whatever the other targets need; they all do so by themselves
	$(SETUP) development services

setup-run:
	$(SETUP) services

setup-tools:
	$(SETUP) development
