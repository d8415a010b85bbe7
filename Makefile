# Every target is one command of the Python tool in dev/; `make help` explains them.
PYTHON ?= python3
DEV = @$(PYTHON) -m dev

.DEFAULT_GOAL := help
.PHONY: run mail inbox test test-core check shell bench lint audit stop clean help

run: ; $(DEV) run
mail: ; $(DEV) mail
inbox: ; $(DEV) inbox
test: ; $(DEV) test
test-core: ; $(DEV) test-core
check: ; $(DEV) check
shell: ; $(DEV) shell
bench: ; $(DEV) bench
lint: ; $(DEV) lint
audit: ; $(DEV) audit
stop: ; $(DEV) stop
clean: ; $(DEV) clean
help: ; $(DEV) help
