# tools/image.mk - the files archive, the ISO, run, debug, check, bench, oracle.
#
# servers/demo.boot is the demo's boot script; tests/configurations lists the
# boots of `make check`.  Host tests are tests/host/*.t, as they are, and
# tests/host/NAME.c, built for 32 bits with the address sanitizer together with
# the kernel sources that a line " * HOST_SRCS: ..." in it names.

.PHONY: setup iso run debug check stress fuzz bench oracle images host-tests disk

export FILES MEM
RUN := tools/run -o $(O) -m "$$MEM" -s '$(SMP)' -c '$(CPU)' -t '$(TIME)' \
	-q '$(QEMU_ARGS)' -a '$(CMDLINE)'
QUIET := $(if $(V),,-s)
CHECK_JOBS ?= 2
CHECK ?=
BENCH ?=
SEED ?= 1
ROUNDS ?= 100
OPS ?= 100
PART ?=

setup:
	@tools/setup debug

# Both are looked at each time, and only written when they change.
$(O)/modules/files.tar: FORCE
	@tools/archive "$$FILES" "$$MEM" $@
$(O)/cmdline: FORCE
	@mkdir -p $(@D)
	@echo '$(CMDLINE)' | cmp -s - $@ || echo '$(CMDLINE)' >$@

iso: $(O)/duality.iso
$(O)/duality.iso: $(O)/duality $(MODULES) $(O)/modules/files.tar $(O)/cmdline \
    servers/demo.boot tools/mkiso
	$(call say,ISO)
	$(Q)tools/mkiso $(O) '$(CMDLINE)' servers/demo.boot $@

# Built only if it is not there: what was written to it stays.
disk: build/disk.img
build/disk.img:
	$(call say,DISK)
	$(Q)tools/mkdisk $@

run:
	@$(RUN) -n && tools/archive "$$FILES" "$$MEM" && tools/setup
	@$(MAKE) $(QUIET) iso disk
	@$(RUN) -d build/disk.img $(O)/duality.iso

images: all disk $(O)/modules/files.tar

debug:
	@tools/setup debug
	@$(MAKE) $(QUIET) DEBUG=1 debug-boot
.PHONY: debug-boot
debug-boot: images
	@$(RUN) -d build/disk.img -g servers/demo.boot

HOST_TESTS := $(patsubst tests/host/%.c,build/host/%,$(wildcard tests/host/*.c))
HOST_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Wno-unused-parameter \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-static-libasan -static-libubsan -DHOST_TEST -DDEBUG_KERNEL=1 \
	-Itests/host -I. -Iinclude -Ibuild/links
host_srcs = $(shell sed -n 's/^ [*] HOST_SRCS: //p' $1)
.SECONDEXPANSION:
build/host/%: tests/host/%.c $$(call host_srcs,tests/host/$$*.c) Makefile \
    | build/links/machine
	$(call say,HOST)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c,$^)
-include $(HOST_TESTS:%=%.d)
host-tests: $(HOST_TESTS)

check:
	@tools/setup
	@$(MAKE) $(QUIET) DEBUG= images host-tests
	@$(MAKE) $(QUIET) DEBUG=1 images
	@tools/check $(CHECK_JOBS) $(wildcard tests/host/*.t) $(HOST_TESTS) -- $(CHECK)

# In as much memory as tests/fuzz_reply.c supposes.
fuzz: SEED = $(shell date +%s)
fuzz: ROUNDS = 200000
fuzz:
	@for n in 'SEED=$(SEED)' 'ROUNDS=$(ROUNDS)'; do \
	    echo "$$n" | grep -qxE '[A-Z]+=[0-9]{1,10}' || \
	    { echo "fuzz: $$n: must be a number" >&2; exit 2; }; done
	@tools/setup
	@$(MAKE) $(QUIET) images
	@sed 's/ \$$(task-create)/ --seed=$(SEED) --rounds=$(ROUNDS) fuzz_&/' \
	    tests/all.boot >$(O)/fuzz.boot
	@tools/run -o $(O) -m 64M -s '$(SMP)' -c '$(CPU)' -t '$(TIME)' \
	    -q '$(QEMU_ARGS)' -a '$(CMDLINE)' $(O)/fuzz.boot | \
	    tee $(O)/fuzz.log && grep -q '^ok' $(O)/fuzz.log

stress:
	@tools/setup
	@$(MAKE) $(QUIET) DEBUG= images
	@tools/check 1 -- long-stress

bench:
	@tools/setup
	@$(MAKE) $(QUIET) DEBUG= kernel build/modules/bench \
	    build/modules/default_pager build/modules/paging
	@tools/bench $(BENCH)

oracle:
	@tools/setup
	@$(MAKE) $(QUIET) DEBUG= kernel build/modules/oracle
	@tools/oracle -s $(SEED) -n $(ROUNDS) -o $(OPS) $(PART)
