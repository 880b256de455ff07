# SPDX-License-Identifier: Apache-2.0
# The verbs people type. CMake's presets do the work; packaging/setup brings what a fresh Debian 12 lacks.
.DEFAULT_GOAL := help
.PHONY: help build demo test test-long test-vm scenarios coverage bench install package clean setup format
MAKEFLAGS += --no-print-directory

SETUP    := packaging/setup
PRESET   ?= release
BUILD    := $(if $(filter release,$(PRESET)),build,build-$(PRESET))
DESTDIR  ?=
ONLY     ?=

help:
	@echo 'make demo        build, track the pipeline in examples/, verify its evidence, show the report'
	@echo 'make build       the release build, into build/ (PRESET=developer|asan|tsan|fuzz: into build-NAME/)'
	@echo 'make test        build and run every test this machine can run (ONLY=pattern: those whose name contains it)'
	@echo 'make test-long   the same and what takes longer'
	@echo 'make test-vm     every backend and every act under Debian kernels 6.1 and 6.12 in QEMU'
	@echo 'make scenarios   run every attack scenario, its benign twin and innocent runs: what is found, missed and false'
	@echo 'make coverage    try every act on every backend, here and in QEMU, and write docs/coverage.md'
	@echo 'make bench       measure beside the peers that are installed, into bench/results.md'
	@echo 'make install     install what make build made (DESTDIR=dir)'
	@echo 'make package     a .deb, into build/package/'
	@echo 'make setup       only install the packages that building, the demo and the tests need'
	@echo 'make format      lay out the C and C++ sources as .clang-format says'
	@echo 'make clean       remove the build directories'

setup:
	@$(SETUP) build demo test package

build:
	@$(SETUP) build $(if $(filter developer,$(PRESET)),developer) $(if $(filter fuzz,$(PRESET)),test)
	@cmake --preset $(PRESET) --log-level=WARNING >/dev/null
	@cmake --build --preset $(PRESET)

demo:
	@[ "$$(id -u)" = 0 ] || { echo 'make demo: recording loads BPF programs, which needs root: sudo make demo' >&2; exit 1; }
	@$(SETUP) build demo
	@$(MAKE) build
	@examples/demo "$(CURDIR)/$(BUILD)/bin/track"

test:
	@$(SETUP) build test package vm
	@tests/run $(if $(ONLY),--only '$(ONLY)')

test-long:
	@$(SETUP) build test package vm
	@tests/run --long $(if $(ONLY),--only '$(ONLY)')

test-vm:
	@$(SETUP) build test package vm
	@$(MAKE) build
	@cmake --build --preset $(PRESET) --target tests
	@for kernel in 6.1 6.12; do FSTRACKER_BUILD='$(CURDIR)/$(BUILD)' tests/vm/acts.test $$kernel && \
		FSTRACKER_BUILD='$(CURDIR)/$(BUILD)' tests/vm/backends.test $$kernel || exit 1; done

scenarios:
	@$(SETUP) build test scenarios
	@$(MAKE) build
	@FSTRACKER_BUILD='$(CURDIR)/$(BUILD)' tests/scenarios/run $(ONLY)
	@[ -n '$(ONLY)' ] || FSTRACKER_BUILD='$(CURDIR)/$(BUILD)' tests/scenarios/innocent

coverage:
	@$(SETUP) build test package vm
	@$(MAKE) build
	@cmake --build --preset $(PRESET) --target tests
	@FSTRACKER_BUILD='$(CURDIR)/$(BUILD)' tests/coverage

bench:
	@$(SETUP) build bench
	@$(MAKE) build
	@bench/run "$(CURDIR)/$(BUILD)/bin/track" --peers

install: build
	@DESTDIR='$(DESTDIR)' cmake --install $(BUILD)

package:
	@$(SETUP) build package
	@$(MAKE) build
	@cpack --config $(BUILD)/CPackConfig.cmake -B $(BUILD)/package

format:
	@$(SETUP) developer
	@git ls-files -z '*.cpp' '*.hpp' '*.c' '*.h' | xargs -0r clang-format-14 -i

clean:
	@rm -rf build build-developer build-asan build-tsan build-fuzz
