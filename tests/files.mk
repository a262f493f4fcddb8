# tests/files.mk - the programs that tests/*.boot start, and their sources.

TEST_PROGRAMS := runner show_arguments example_pager
runner_SRCS := runner.c support.c rights.c ipc_port.c ipc_message.c ipc_pages.c ipc_shortage.c ipc_extremes.c ipc_at_hand.c disturb.c ipc_leaks.c ipc_relay.c ipc_races.c ipc_storm.c ipc_storm_rpc.c rights_model.c ipc_rights_model.c kern_task.c device.c raise.c exceptions.c i386_culprit.c i386_processor.c i386_entry.c i386_sysenter.c i386_leaks.c host_calls.c kern_calls.c
runner_SRCS += vm_support.c vm_calls.c vm_model.c vm_copy.c vm_protection.c pager.c pager_protocol.c pager_kernels.c pager_consistency.c pager_policy.c pager_received.c pager_sync.c pager_death.c pager_failures.c pager_proxy.c memory_exhaustion.c vm_stress.c vm_races.c vm_wire.c vm_shortage.c fail.c zones.c limits.c
runner_SRCS += pager_order.c long_work.c
runner_SRCS += ipc_attacks.c ipc_arguments.c mig_server.c rare_calls.c coverage.c
# Last: what follows would find a machine that was fuzzed.
runner_SRCS += requests.c i386_trap.c fuzz_reply.c fuzz_attack.c fuzz.c

# What requests look like, for requests.c.
REQUEST_STUBS := $(filter-out $(SERVER_DEFS:include/servers/%.defs=$(O)/mig/user/%_user.c),\
	$(filter %_user.c,$(USER_STUBS)))
$(O)/mig/user/requests.inc: $(REQUEST_STUBS) tools/mig-requests
	$(Q)tools/mig-requests $(REQUEST_STUBS) >$@
$(O)/tests/requests.c.o: $(O)/mig/user/requests.inc

TEST_PROGRAMS += server_runner
server_runner_SRCS := runner.c support.c servers.c

TEST_PROGRAMS += self_runner
self_runner_SRCS := runner.c support.c selftest.c

TEST_PROGRAMS += oracle
oracle_SRCS := $(patsubst tests/%,%,$(wildcard tests/oracle/*.c))

# What boots badly: tests/boot_bad_*.boot.
bad_kernel_DEFS := -DSECOND_ADDRESS=0xc0800000
bad_wrap_DEFS := -DADDRESS=0x08048000 -DMEMORY_SIZE=0xfffff000
bad_stack_DEFS := -DSECOND_ADDRESS=0xbffff000
bad_sizes_DEFS := -DFILE_SIZE=0x2000
bad_offset_DEFS := -DOFFSET=0xfffffff0
bad_headers_DEFS := -DPHOFF=0xfffffff0
bad_count_DEFS := -DPHNUM=65535
bad_order_DEFS := -DSECOND_ADDRESS=0x08048800
bad_machine_DEFS := -DMACHINE=EM_X86_64
bad_nothing_DEFS := -DKIND=PT_NOTE
BAD_MODULES := bad_text bad_short bad_empty $(patsubst %_DEFS,%,$(filter bad_%_DEFS,$(.VARIABLES)))
modules: $(BAD_MODULES:%=$(O)/modules/%)

$(O)/modules/bad_%: tests/bad_elf.S tests/files.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(bad_$*_DEFS) -c -o $@.o $< && \
	    $(CROSS)objcopy -O binary -j .data $@.o $@ && rm $@.o
$(O)/modules/bad_text: tests/README.md
	@mkdir -p $(@D)
	$(Q)cp $< $@
$(O)/modules/bad_short: $(O)/modules/runner
	$(Q)head -c 9000 $< >$@
$(O)/modules/bad_empty:
	@mkdir -p $(@D)
	$(Q): >$@

# With little memory and paging space on a memory disk: tests/paging.boot.
TEST_PROGRAMS += paging_runner
paging_runner_SRCS := runner.c support.c raise.c vm_support.c paging_support.c paging.c paging_manager.c paging_managers.c paging_late.c vm_model.c paging_model.c paging_errors.c
TEST_PROGRAMS += small_runner
small_runner_SRCS := runner.c support.c raise.c vm_support.c paging_support.c paging_calls.c paging_small.c
modules: $(O)/modules/paging
$(O)/modules/paging: tests/files.mk
	@mkdir -p $(@D)
	$(Q)truncate -s 256M $@

# The disk of tests/paging_errors.boot.
modules: $(O)/bad.img
$(O)/bad.img: tests/files.mk
	$(Q)truncate -s 64M $@

# The memory disk of the pager in tests/servers.boot.
modules: $(O)/modules/space
$(O)/modules/space: tests/files.mk
	@mkdir -p $(@D)
	$(Q)truncate -s 1M $@

# With disks: tests/disk.boot.
TEST_PROGRAMS += disk_runner
disk_runner_SRCS := runner.c support.c raise.c disk.c
