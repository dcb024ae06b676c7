# shared-data: `make help` lists the targets. Everything built goes to build/.

# Another machine's tools begin with its name: CROSS=aarch64-linux-gnu builds into build/aarch64-linux-gnu.
CROSS    ?=
TOOLS    := $(if $(CROSS),$(CROSS)-)
BUILD    ?= build$(if $(CROSS),/$(CROSS))
ifeq ($(origin CC),default) # make's own "cc" is no choice of anybody's
CC       := $(TOOLS)gcc
endif
ifeq ($(origin AR),default)
AR       := $(TOOLS)ar
endif
PREFIX   ?= /usr/local
SANITIZE ?=
FUZZ_SECONDS ?= 60
SOAK_BATCHES ?= 100000

# --- what it is made of -------------------------------------------------------------------------
COMMON_SOURCES   := $(wildcard common/*.c)
PRODUCER_SOURCES := $(filter-out producer/main.c,$(wildcard producer/*.c))
CONSUMER_SOURCES := $(filter-out consumer/main.c,$(wildcard consumer/*.c consumer/*/*.c))
UNIT_SOURCES     := $(wildcard tests/unit/*.c)
BENCH_SOURCES    := $(wildcard tests/bench/*.c)
TOOL_SOURCES     := $(wildcard tests/tools/*.c)
FUZZ_SOURCES     := $(wildcard tests/fuzz/*.c)
TORTURE_SOURCES  := $(wildcard tests/torture/*.c)
MANUAL_SOURCES   := $(wildcard manual/*.c)
ALL_C            := $(COMMON_SOURCES) $(wildcard producer/*.c) consumer/main.c $(CONSUMER_SOURCES) $(UNIT_SOURCES) $(BENCH_SOURCES) \
                    $(TOOL_SOURCES) $(FUZZ_SOURCES) $(TORTURE_SOURCES) $(MANUAL_SOURCES)
ALL_H            := $(wildcard common/*.h producer/*.h consumer/*.h consumer/*/*.h manual/*.h tests/*/*.h)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
CONSUMER_OBJECTS  = $(call objects,$(CONSUMER_SOURCES)) $(BUILD)/consumer/page/page_assets.o

# --- how it is compiled -------------------------------------------------------------------------
PKG_CONFIG ?= $(TOOLS)pkg-config
# libcsv ships no pkg-config file; the others do.
LIBCSV_LIBS   := -lcsv
LIBRARY_FLAGS  = $(shell $(PKG_CONFIG) --cflags libcjson libcrypto zlib 2>/dev/null) $(CONSUMER_FLAGS)
COMMON_LIBS    = $(shell $(PKG_CONFIG) --libs libcjson libcrypto zlib 2>/dev/null) -lm
# The consumer's alone.
CONSUMER_FLAGS = $(shell $(PKG_CONFIG) --cflags libseccomp fontconfig 2>/dev/null)
CONSUMER_LIBS  = $(shell $(PKG_CONFIG) --libs libseccomp fontconfig 2>/dev/null)
CHECK_FLAGS    = $(shell $(PKG_CONFIG) --cflags check 2>/dev/null)
CHECK_LIBS     = $(shell $(PKG_CONFIG) --libs check 2>/dev/null)

WARNINGS  := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
             -Wvla -Wformat=2
# One answer on every machine: no fused multiply-add, no reordering of floating point.
ARITHMETIC := -ffp-contract=off
HARDENING := -fPIE -fstack-protector-strong -fstack-clash-protection
FORTIFY   := -D_FORTIFY_SOURCE=2
LINKING   := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed
CFLAGS    ?= -O2 -g
ifneq ($(SANITIZE),)
FORTIFY   :=
SANITIZER := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
COMPILE    = $(CC) -std=c17 -D_GNU_SOURCE -I. $(WARNINGS) $(WERROR) $(ARITHMETIC) $(HARDENING) $(FORTIFY) \
             $(SANITIZER) $(CPPFLAGS) $(CFLAGS) $(LIBRARY_FLAGS)
LINK       = $(CC) $(CFLAGS) $(SANITIZER) $(LINKING) $(LDFLAGS)

.PHONY: all run test bench install floors format lint asan coverage clean help base-image \
        test-unit test-e2e test-engine test-cluster torture fuzz compilers deps-build deps-run deps-test
.DEFAULT_GOAL := all

#: build
all: $(BUILD)/data-producer $(BUILD)/data-consumer ## build both daemons into build/

$(BUILD)/data-producer: $(call objects,$(COMMON_SOURCES) $(PRODUCER_SOURCES) producer/main.c)
	$(LINK) -o $@ $^ $(LIBCSV_LIBS) $(COMMON_LIBS)

$(BUILD)/data-consumer: $(call objects,$(COMMON_SOURCES) consumer/main.c) $(CONSUMER_OBJECTS)
	$(LINK) -o $@ $^ $(LIBCSV_LIBS) $(CONSUMER_LIBS) $(COMMON_LIBS)

# Objects hang on the flags they were made with, so that CC=clang or another CFLAGS rebuilds them.
$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)
	@printf '%s\n' '$(COMPILE)' | cmp -s - $@ || printf '%s\n' '$(COMPILE)' > $@
FORCE:

$(BUILD)/%.o: %.c $(BUILD)/flags | $(BUILD)/libraries-found
	@mkdir -p $(@D)
	$(COMPILE) $(if $(filter tests/unit/%,$<),$(CHECK_FLAGS)) -MMD -MP -c -o $@ $<

# The page's style and script are written as what they are, and become C with their hashes here.
$(BUILD)/consumer/page/page_assets.c: scripts/embed-page.sh consumer/page/page.css consumer/page/page.js
	@mkdir -p $(@D)
	scripts/embed-page.sh consumer/page/page.css consumer/page/page.js > $@.tmp
	@mv $@.tmp $@
$(BUILD)/consumer/page/page_assets.o: $(BUILD)/consumer/page/page_assets.c consumer/page/page_assets.h $(BUILD)/flags
	$(COMPILE) -c -o $@ $<

# A missing library is named with its package, before the compiler stumbles over a header.
$(BUILD)/libraries-found:
	@mkdir -p $(BUILD)
	@CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' CROSS='$(CROSS)' scripts/find-libraries.sh
	@touch $@

-include $(patsubst %.c,$(BUILD)/%.d,$(ALL_C))

# --- tests --------------------------------------------------------------------------------------
# One Check program a unit: tests/unit/test_NAME.c, linked with everything below main.
unit_programs := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(filter tests/unit/test_%.c,$(UNIT_SOURCES)))
unit_support  := $(filter-out tests/unit/test_%.c,$(UNIT_SOURCES))

$(BUILD)/common.a:   $(call objects,$(COMMON_SOURCES))
$(BUILD)/producer.a: $(call objects,$(PRODUCER_SOURCES))
$(BUILD)/consumer.a: $(CONSUMER_OBJECTS)
$(BUILD)/support.a:  $(call objects,$(unit_support))
$(BUILD)/%.a:
	@rm -f $@
	$(AR) rcs $@ $^

# The two daemons never share a program, in tests neither: producer_ and consumer_ name their side.
$(BUILD)/tests/test_producer_%: $(BUILD)/tests/unit/test_producer_%.o $(BUILD)/support.a $(BUILD)/producer.a $(BUILD)/common.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(CHECK_LIBS) $(LIBCSV_LIBS) $(COMMON_LIBS)
$(BUILD)/tests/test_consumer_%: $(BUILD)/tests/unit/test_consumer_%.o $(BUILD)/support.a $(BUILD)/consumer.a $(BUILD)/common.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(CHECK_LIBS) $(LIBCSV_LIBS) $(CONSUMER_LIBS) $(COMMON_LIBS)
$(BUILD)/tests/test_common_%: $(BUILD)/tests/unit/test_common_%.o $(BUILD)/support.a $(BUILD)/common.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(CHECK_LIBS) $(LIBCSV_LIBS) $(COMMON_LIBS)

unit-programs: $(unit_programs)
.PHONY: unit-programs
.SECONDARY:

# What the end-to-end suites do to the daemons and a shell cannot.
BAD_GNUPLOTS := hung with-children silent failing crashing endless truncated empty other slow
# hostile-gnuplot.c is compiled by its suite, because nothing but the compiler can tell it what to attack.
made_otherwise := tests/tools/faults.c tests/tools/gnuplot.c tests/tools/hostile-gnuplot.c
test-tools: $(BUILD)/tests/tools/data-consumer-portable $(patsubst tests/tools/%.c,$(BUILD)/tests/tools/%,$(filter-out $(made_otherwise),$(TOOL_SOURCES))) \
            $(BUILD)/tests/tools/faults.so $(BAD_GNUPLOTS:%=$(BUILD)/tests/tools/gnuplot-%)
.PHONY: test-tools

$(BUILD)/tests/tools/without: TOOL_LIBS = $(CONSUMER_LIBS)
$(BUILD)/tests/tools/%: $(BUILD)/tests/tools/%.o $(BUILD)/common.a
	$(LINK) -o $@ $^ $(COMMON_LIBS) $(TOOL_LIBS)
$(BUILD)/tests/tools/make-page: $(BUILD)/tests/tools/make-page.o $(BUILD)/consumer.a $(BUILD)/common.a
	$(LINK) -o $@ $^ $(LIBCSV_LIBS) $(CONSUMER_LIBS) $(COMMON_LIBS)
# The consumer of a machine that has none of the instructions which the sources name.
known_machines := common/csv_scan.c consumer/profile/power_sums.c
$(BUILD)/portable/%.o: %.c $(BUILD)/flags | $(BUILD)/libraries-found
	@mkdir -p $(@D)
	$(COMPILE) -DPORTABLE -MMD -MP -c -o $@ $<
$(BUILD)/tests/tools/data-consumer-portable: $(patsubst %.c,$(BUILD)/portable/%.o,$(known_machines)) \
            $(BUILD)/consumer/main.o $(BUILD)/consumer.a $(BUILD)/common.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBCSV_LIBS) $(CONSUMER_LIBS) $(COMMON_LIBS)
-include $(patsubst %.c,$(BUILD)/portable/%.d,$(known_machines))
$(BUILD)/tests/tools/gnuplot-%: tests/tools/gnuplot.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) '-DBEHAVIOUR="$*"' -pie -o $@ $<
$(BUILD)/tests/tools/faults.so: tests/tools/faults.c tests/tools/spared.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -fPIC -shared -o $@ $< -ldl

# Programs for libFuzzer, which is clang's; tests/run.sh makes them in a build directory of their own.
fuzz_programs := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(FUZZ_SOURCES))

$(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/consumer.a $(BUILD)/common.a
	$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBCSV_LIBS) $(COMMON_LIBS)

$(BUILD)/fuzz_schema $(BUILD)/fuzz_cutter: $(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/producer.a $(BUILD)/common.a
	$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBCSV_LIBS) $(COMMON_LIBS)

fuzz-programs: $(fuzz_programs)
.PHONY: fuzz-programs

# As many jobs as there are cores, unless the make that was called hands them out.
parallel = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

#: run and test
run: deps-run ## install what is missing, build, run both daemons on ./shared-data until Ctrl-C
	@$(MAKE) --no-print-directory $(parallel) all
	@BUILD=$(BUILD) scripts/run.sh

test: deps-test ## install what is missing, build, run every test
	@BUILD=$(BUILD) MAKE='$(MAKE)' tests/run.sh

test-unit: unit-programs ## the Check suites alone
	@BUILD=$(BUILD) tests/run.sh unit

test-e2e: all test-tools ## both binaries end to end, without Docker
	@BUILD=$(BUILD) tests/run.sh e2e

soak-ingest: all test-tools ## a CSV of INGEST_MB=1000 through both daemons, which are killed INGEST_KILLS=50 times
	@BUILD=$(BUILD) INGEST_MB=$(or $(INGEST_MB),1000) INGEST_KILLS=$(or $(INGEST_KILLS),50) \
		INGEST_ROWS=$(or $(INGEST_ROWS),5000-20000) tests/e2e/ingest.sh each_row_is_published_once_however_often_both_are_killed
.PHONY: soak-ingest

torture: torture-programs ## every call of the daemons failing in every way, and every state a power loss can leave
	@BUILD=$(BUILD) MAKE='$(MAKE)' SUITE_SECONDS=3600 tests/run.sh torture

fuzz: ## random bytes for every parser, FUZZ_SECONDS=60 each
	@BUILD=$(BUILD) MAKE='$(MAKE)' FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run.sh fuzz

test-arm64: ## built for arm64, by Debian's packages of both machines: unit suites by qemu-user, and the same bytes as here
	@scripts/install-deps.sh cross
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) MAKE='$(MAKE)' tests/run.sh cross
.PHONY: test-arm64

test-engine: ## the exercise's commands on a real Docker engine
	@tests/run.sh engine

test-cluster: all test-tools ## several machines' worth on one: the Swarm stack, a distributed file system
	@BUILD=$(BUILD) tests/run.sh cluster

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/common.a
	@mkdir -p $(@D)
	$(LINK) -pthread -o $@ $^ $(COMMON_LIBS)

$(BUILD)/bench/generate: $(BUILD)/tests/bench/generate.o $(BUILD)/producer.a $(BUILD)/common.a
	@mkdir -p $(@D)
	$(LINK) -pthread -o $@ $^ $(LIBCSV_LIBS) $(COMMON_LIBS)

#: measure
bench: deps-test ## latency, batches a second, rows made, the page, a crowded directory, idle cost; one alone: bench-backlog
	@$(MAKE) --no-print-directory bench-all

bench-%: all $(patsubst %,$(BUILD)/bench/%,latency disk generate) $(BUILD)/tests/tools/make-page
	@BUILD=$(BUILD) tests/bench/bench.sh $(filter-out all,$*)

bench-shards: all ## one, two and four shards on the same backlog, each held to a quarter of a core; takes root
	@BUILD=$(BUILD) tests/bench/shards.sh none svg
.PHONY: bench-shards

soak: all ## 100,000 batches through a volume of 64 MiB, SOAK_BATCHES=100000; takes root
	@BUILD=$(BUILD) tests/bench/soak.sh $(SOAK_BATCHES)
.PHONY: soak

bench-profile: all $(patsubst %,$(BUILD)/bench/%,make_csv measure floor) ## a large file beside other profilers, BENCH_PROFILE_MB=1000
	@BUILD=$(BUILD) tests/bench/profile.sh
.PHONY: bench-profile

# The shim stands in for the C library's own functions, so it is built without what replaces them.
$(BUILD)/torture/shim.so: tests/torture/shim.c tests/torture/control.h tests/tools/spared.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE -I. $(WARNINGS) $(WERROR) -O2 -g -fPIC -fno-builtin -shared -o $@ $< -ldl

torture_support := $(patsubst %,$(BUILD)/tests/torture/%.o,check check_batches check_support crew daemon stand volume)
$(BUILD)/torture/%: $(BUILD)/tests/torture/%.o $(torture_support)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(COMMON_LIBS)

torture-programs: all $(BUILD)/torture/shim.so $(BUILD)/torture/sweep $(BUILD)/torture/crash_states
.PHONY: torture-programs

# --- care ---------------------------------------------------------------------------------------
#: care for the sources
floors: ## prove that includes only go down, by the table in docs/architecture.md
	@scripts/floors.sh

format: ## lay out the sources as .clang-format says
	clang-format -i $(ALL_C) $(ALL_H)

lint: ## compile with gcc and clang without a warning, then cppcheck and clang-tidy
	@scripts/lint.sh $(ALL_C)

asan: ## the unit suites under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined CFLAGS='-O1 -g' unit-programs all
	@BUILD=$(BUILD)/asan tests/run.sh unit

coverage: ## line coverage of the unit suites and the end-to-end suite, as text and HTML
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage CFLAGS='-O0 -g --coverage' FORTIFY= \
		CPPFLAGS='-DSANDBOX_ALSO_WRITES=\"$(abspath $(BUILD)/coverage)\"' unit-programs all
	@BUILD=$(BUILD)/coverage scripts/coverage.sh

#: install and package
install: all manual ## install both daemons, their pages and completions under $(DESTDIR)$(PREFIX)
	install -d "$(DESTDIR)$(PREFIX)/bin" $(patsubst %,"$(DESTDIR)$(PREFIX)/share/%",$(dir $(manual_files)))
	install -m 0755 $(BUILD)/data-producer $(BUILD)/data-consumer "$(DESTDIR)$(PREFIX)/bin/"
	for file in $(manual_files); do \
		install -m 0644 "$(BUILD)/share/$$file" "$(DESTDIR)$(PREFIX)/share/$$file" || exit; done

# Pages and completions, of each daemon by a tool that knows its options (manual/sheet.h), laid out as below PREFIX/share.
manual_of    = man/man8/data-$(1).8 bash-completion/completions/data-$(1) zsh/vendor-completions/_data-$(1) \
               fish/vendor_completions.d/data-$(1).fish
manual_files = $(call manual_of,producer) $(call manual_of,consumer)
manual_tool  = $(call objects,$(filter-out manual/producer.c manual/consumer.c,$(MANUAL_SOURCES)))

$(BUILD)/manual/producer: $(BUILD)/manual/producer.o $(manual_tool) $(BUILD)/producer.a $(BUILD)/common.a
	$(LINK) -o $@ $^ $(LIBCSV_LIBS) $(COMMON_LIBS)
$(BUILD)/manual/consumer: $(BUILD)/manual/consumer.o $(manual_tool) $(BUILD)/consumer.a $(BUILD)/common.a
	$(LINK) -o $@ $^ $(LIBCSV_LIBS) $(CONSUMER_LIBS) $(COMMON_LIBS)

make_sheet = mkdir -p $(@D) && $(1) > $@.tmp && mv $@.tmp $@
$(BUILD)/share/man/man8/data-%.8: manual/data-%.mdoc $(BUILD)/manual/%
	$(call make_sheet,$(BUILD)/manual/$* page $<)
$(BUILD)/share/bash-completion/completions/data-%: $(BUILD)/manual/%
	$(call make_sheet,$< bash)
$(BUILD)/share/zsh/vendor-completions/_data-%: $(BUILD)/manual/%
	$(call make_sheet,$< zsh)
$(BUILD)/share/fish/vendor_completions.d/data-%.fish: $(BUILD)/manual/%
	$(call make_sheet,$< fish)

manual: $(patsubst %,$(BUILD)/share/%,$(manual_files)) ## manual pages and completions into build/share/
.PHONY: manual

# A copy is built, so that the tree stays as it is and what lies in it does not get into the packages.
deb: deps-deb ## Debian packages of both daemons into build/deb/
	@BUILD=$(BUILD) scripts/deb.sh

test-deb: deps-deb-test ## those packages on a machine made new: install, process, upgrade, purge; takes root
	@tests/run.sh deb
.PHONY: deb test-deb deps-deb deps-deb-test
deps-deb deps-deb-test: deps-%:
	@scripts/install-deps.sh $*

base-image: ## make the images' base with debootstrap where no registry can be reached
	@scripts/base-image.sh

#: and
clean: ## remove everything that was built
	rm -rf $(BUILD)

deps-build: ; @scripts/install-deps.sh build
deps-run:   ; @scripts/install-deps.sh run
deps-test:  ; @BUILD=$(BUILD) scripts/install-deps.sh test

help: ## list the targets
	@awk -F ':.*## ' '/^#: / {print substr($$0, 4)} /^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile
