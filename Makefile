# Makefile - build, run and test Duality; `make help` says how.
#
# Everything built goes to $(O): build/, or build-debug/ with DEBUG=1.  A
# source file kern/task.c becomes $(O)/kern/task.c.o, and so on.
#   Makefile        parameters, the kernel, what users call
#   tools/mig.mk    stubs from include/**/*.defs
#   tools/user.mk   newlib, libmach and user programs (the boot modules)
#   tools/image.mk  the files archive, the ISO, run, debug, check

# What the command line may set; `make help` explains each.
DEBUG     ?=
MACHINE   ?= i386
MEM       ?= 128M
SMP       ?= 1
FILES     ?= docs
CMDLINE   ?= console=com0 qemu-exit
TIME      ?= 900
QEMU_ARGS ?=
V         ?=

ifneq ($(words $(CURDIR)),1)
$(error $(CURDIR): neither make nor newlib can build below a name with a blank)
endif
ifneq ($(filter-out 0 1,$(DEBUG)),)
$(error DEBUG=$(DEBUG): must be 1, 0 or nothing)
endif
ifeq ($(wildcard $(MACHINE)/.),)
$(error MACHINE=$(MACHINE): no such port)
endif
ifneq ($(filter 1,$(DEBUG)),)
O   := build-debug
CPU ?= max
else
O   := build
CPU ?= pentium3-v1
endif
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory

CROSS := i686-linux-gnu-
CC := $(CROSS)gcc
LD := $(CROSS)ld
AR := $(CROSS)ar
NM := $(CROSS)nm
STRIP := $(CROSS)strip
LIBGCC := $(shell $(CC) -print-libgcc-file-name 2>/dev/null)
GCC_INCLUDE := $(shell $(CC) -print-file-name=include 2>/dev/null)
ifeq ($(LIBGCC)$(filter setup run debug check stress fuzz bench oracle clean distclean help,$(MAKECMDGOALS)),)
$(error $(CC) is missing: run tools/setup (make run and make check do it))
endif

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $1 $(or $2,$@))

.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: FORCE all kernel modules clean distclean help

all: kernel modules

# The kernel: every .c and .S of these folders.
KERNEL_DIRS := kern ipc vm device $(MACHINE)
KERNEL_SRCS := $(sort $(wildcard $(KERNEL_DIRS:%=%/*.c) $(KERNEL_DIRS:%=%/*.S)))

# Interfaces that the kernel serves and those that it calls: names of .defs.
KERNEL_SERVERS := mach/mach mach_host mach_port mach4 gnumach device/device mach_$(MACHINE) \
	mach_debug duality
KERNEL_USERS := memory_object memory_object_default duality_object device_reply

COMMON_CFLAGS := -std=gnu11 -O2 -g -march=i686 -mtune=generic -fno-pie -fno-pic \
	-fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-omit-frame-pointer -fno-strict-aliasing -fno-common \
	-ffunction-sections -fdata-sections -U__linux__ -U__linux -U__gnu_linux__ \
	-nostdinc -isystem $(GCC_INCLUDE)
WARNINGS := -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	-Werror=int-conversion -Werror=return-type
# Arguments go in registers, which libgcc does not know of: the kernel does not
# link with it.  64-bit division: divide_u64.
# No value of the kernel needs an aligned stack: words are enough.
KERNEL_CFLAGS := $(COMMON_CFLAGS) -mregparm=3 -mpreferred-stack-boundary=2 -fomit-frame-pointer -ffreestanding -mgeneral-regs-only -DKERNEL \
	$(if $(filter 1,$(DEBUG)),-DDEBUG_KERNEL=1,-DNDEBUG) \
	-I. -I$(O)/mig/kernel -Iinclude -I$(O)/links

# Headers of the machine go by a name that does not name it: <machine/cpu.h>.
LINKS := $(O)/links/machine
$(LINKS):
	@mkdir -p $(@D) && ln -sfn ../../$(MACHINE) $@

include tools/mig.mk
include tools/user.mk
include tools/image.mk

KERNEL_OBJS := $(KERNEL_SRCS:%=$(O)/%.o)
KERNEL_STUB_OBJS := $(KERNEL_STUBS:%=%.o)
$(KERNEL_OBJS): CFLAGS = $(KERNEL_CFLAGS) $(WARNINGS)
$(KERNEL_STUB_OBJS): CFLAGS = $(KERNEL_CFLAGS) -w
$(KERNEL_OBJS) $(KERNEL_STUB_OBJS): | $(KERNEL_STUBS)

# Compile.
define compile
$(call say,CC,$<)
@mkdir -p $(@D)
$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
endef
$(O)/%.c.o: %.c Makefile | $(LINKS)
	$(compile)
$(O)/%.S.o: %.S Makefile | $(LINKS)
	$(compile)
$(O)/mig/%.c.o: $(O)/mig/%.c Makefile | $(LINKS)
	$(compile)

# Link twice: the second time with the table of the first one's functions, so
# that a panic can name them.  The table lies behind all code, which stays put.
kernel: $(O)/duality
link_kernel = $(LD) -m elf_i386 -T $(MACHINE)/kernel.ld -z noexecstack \
	--gc-sections --build-id=none -o $@ $(KERNEL_OBJS) $(KERNEL_STUB_OBJS)

$(O)/duality.pass1: $(KERNEL_OBJS) $(KERNEL_STUB_OBJS) $(O)/ksyms0.S.o \
    $(MACHINE)/kernel.ld
	$(Q)$(link_kernel) $(O)/ksyms0.S.o
$(O)/duality: $(O)/duality.pass1 $(O)/ksyms.S.o
	$(call say,LD)
	$(Q)$(link_kernel) $(O)/ksyms.S.o
	$(Q)$(NM) -n $@ | tools/ksyms | cmp -s - $(O)/ksyms.S || \
	    { echo 'ksyms: functions moved between the two links' >&2; exit 1; }
$(O)/ksyms0.S: tools/ksyms
	@mkdir -p $(@D)
	$(Q)tools/ksyms </dev/null >$@
$(O)/ksyms.S: $(O)/duality.pass1 tools/ksyms
	$(Q)$(NM) -n $< | tools/ksyms >$@
$(O)/ksyms0.S.o $(O)/ksyms.S.o: %.o: %
	$(Q)$(CC) -c -o $@ $<

clean:
	rm -rf build-debug
	[ ! -d build ] || find build -mindepth 1 -maxdepth 1 \
	    ! -name newlib ! -name newlib-src -exec rm -rf {} +
distclean:
	rm -rf build build-debug

define HELP
Goals
  make            build the kernel (build/duality) and the boot modules
  make run        install what is missing, build, boot the demo from an ISO
  make check      boot the tests and report through prove; CHECK='NAME ...'
                  picks from tests/configurations
  make fuzz       random and mutated messages and traps for some minutes;
                  SEED=1 ROUNDS=200000 SMP=2 DEBUG=1 CMDLINE=...
  make stress     200,000 page-outs, by a model; some minutes
  make bench      figures of Duality beside GNU Mach's; BENCH='WORD ...'
                  picks the rows that have one of the words
  make oracle     random calls here and on GNU Mach, compared: ROUNDS=100
                  from SEED=1, OPS=100 calls each; PART=rights or memory
  make debug      boot the debug build under gdb, stopped at the start
  make iso        build/duality.iso
  make disk       build/disk.img, an empty disk with paging and data slices;
                  make run attaches it, and keeps what was written to it
  make setup      only install what is missing
  make clean      remove what was built (not newlib); distclean: all of it
Parameters
  FILES=docs      directory whose files the demo serves
  MEM=128M        memory of the machine         SMP=1   processors, 1 to 32
  CPU=pentium3-v1 processor model of QEMU       TIME=900  seconds, 0: no limit
  CMDLINE=console=com0   kernel command line    QEMU_ARGS=  further ones
  DEBUG=1         debug build, in build-debug/  V=1     show commands
endef
help:
	$(info $(HELP))
	@:

-include $(patsubst %.o,%.d,$(KERNEL_OBJS) $(KERNEL_STUB_OBJS) $(USER_OBJS) \
	$(USER_STUB_OBJS))
