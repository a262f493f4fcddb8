# tools/user.mk - newlib, libmach and user programs.
#
# A user program is ordinary C: crt0, its files, libmach, newlib, libgcc, linked
# statically at 0x08048000 with a non-executable stack.  There is one
#   for each folder of servers/ that holds .c files, for default_pager/ and bench/
#   for each name in TEST_PROGRAMS (tests/files.mk), of NAME_SRCS in tests/ or,
#   without that, tests/NAME.c
# $(O)/programs/NAME keeps its symbols; $(O)/modules/NAME, stripped, is what
# boots.  The -u takes libmach's locks, before newlib's, which do nothing.

NEWLIB := build/newlib
NEWLIB_STAMP := $(NEWLIB)/installed
$(NEWLIB_STAMP): tools/newlib
	$(call say,BUILD,$(NEWLIB))
	$(Q)TARGET_CC=$(CC) CROSS=$(CROSS) tools/newlib build/newlib-src $(NEWLIB)
	@touch $@

USER_CFLAGS := $(COMMON_CFLAGS) -D__DYNAMIC_REENT__ \
	-I$(O)/mig/include -I$(O)/mig/user -Iinclude -Ilibmach \
	-isystem $(NEWLIB)/include

-include tests/files.mk
CRT0 := $(patsubst %,$(O)/%.o,$(firstword \
	$(wildcard libmach/crt0.[cS] libmach/$(MACHINE)/crt0.[cS])))
LIBMACH_OBJS := $(patsubst %,$(O)/%.o,$(addprefix libmach/,\
	$(LIBMACH_SRCS:libmach/%=%)))
USER_STUB_OBJS := $(USER_STUBS:%=%.o)

$(O)/libmach.a: $(LIBMACH_OBJS) $(USER_STUB_OBJS)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) crD $@ $^

USER_OBJS := $(CRT0) $(LIBMACH_OBJS)
MODULES :=

# $1 name, $2 its sources
define program
MODULES += $(O)/modules/$1
USER_OBJS += $(2:%=$(O)/%.o)
$(O)/programs/$1: $(2:%=$(O)/%.o)
endef
SERVER_DIRS := $(patsubst %/,%,$(sort $(dir \
	$(wildcard servers/*/*.c default_pager/*.c bench/*.c))))
$(foreach d,$(SERVER_DIRS),$(eval $(call program,$(notdir $d),$(wildcard $d/*.[cS]))))
$(foreach t,$(TEST_PROGRAMS),$(eval $(call program,$t,$(addprefix tests/,\
    $(patsubst tests/%,%,$(or $($t_SRCS),$t.c))))))

$(sort $(USER_OBJS)): CFLAGS = $(USER_CFLAGS) $(WARNINGS)
$(USER_STUB_OBJS): CFLAGS = $(USER_CFLAGS) -w -fomit-frame-pointer \
	$(addprefix -iquote ,$(sort $(dir $(USER_STUB_HEADERS))))
$(sort $(USER_OBJS)) $(USER_STUB_OBJS): | $(NEWLIB_STAMP) $(USER_STUBS)

$(O)/programs/%: $(CRT0) $(O)/libmach.a $(NEWLIB_STAMP) tools/user.mk
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -nostdlib -no-pie -Wl,--gc-sections,--build-id=none \
	    -Wl,-z,noexecstack,-u,__lock___malloc_recursive_mutex \
	    -o $@ $(filter %.o,$^) \
	    -Wl,--start-group $(O)/libmach.a -L$(NEWLIB)/lib -lc -lm $(LIBGCC) \
	    -Wl,--end-group
$(O)/modules/%: $(O)/programs/%
	@mkdir -p $(@D)
	$(Q)$(STRIP) -o $@ $<

modules: $(MODULES)
