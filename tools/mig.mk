# tools/mig.mk - stubs that MIG makes from include/**/*.defs.
#
# Kernel (names from KERNEL_SERVERS and KERNEL_USERS in the Makefile):
#   $(O)/mig/kernel/NAME_server.[ch]   NAME_user.[ch]
# User (names from LIBMACH_DEFS and LIBMACH_SERVER_DEFS in libmach/files.mk,
# and every .defs of include/servers):
#   $(O)/mig/user/NAME_server.[ch]     NAME_user.c
#   $(O)/mig/include/DIR/NAME.h, for include/DIR/NAME.defs; NAME_interface.h
#   where include/DIR has a NAME.h of its own (so mach/mach_interface.h)
# All stubs depend on all .defs, which include one another.

DEFS := $(sort $(shell find include -name '*.defs' 2>/dev/null))
MIG := CC=$(CC) i686-gnu-mig -nostdinc -Iinclude

# The .defs of names such as device/notify, or notify where that is unique.
defs_named = $(filter $(foreach n,$(basename $(1:include/%=%)),%/$n.defs),$(DEFS))
stub_header = $(O)/mig/$(basename $1)$(if $(wildcard $(basename $1).h),_interface).h

-include libmach/files.mk
SERVER_DEFS := $(sort $(wildcard include/servers/*.defs))
USER_STUB_DEFS := $(call defs_named,$(LIBMACH_DEFS))
USER_SERVER_DEFS := $(call defs_named,$(LIBMACH_SERVER_DEFS))

KERNEL_STUBS :=
USER_STUBS :=
USER_STUB_HEADERS := $(foreach d,$(USER_STUB_DEFS) $(SERVER_DEFS),$(call stub_header,$d))

# $1 list of products, $2 base of the product's name, $3 .defs, $4 -D flags
define server_stub
$1 += $2_server.c
$2_server.c $2_server.h &: $3 $(DEFS)
	$$(call say,MIG,$2_server.c)
	@mkdir -p $$(@D)
	$(Q)$(MIG) $4 -user /dev/null -header /dev/null -server $2_server.c \
	    -sheader $2_server.h $3
endef
# the same, $5 the header
define user_stub
$1 += $2_user.c
$2_user.c $5 &: $3 $(DEFS)
	$$(call say,MIG,$2_user.c)
	@mkdir -p $(dir $2 $5)
	$(Q)$(MIG) $4 -server /dev/null -sheader /dev/null -user $2_user.c \
	    -header $5 $3
endef
name = $(basename $(notdir $1))

$(foreach d,$(call defs_named,$(KERNEL_SERVERS)),$(eval $(call server_stub,\
    KERNEL_STUBS,$(O)/mig/kernel/$(call name,$d),$d,-DKERNEL -DKERNEL_SERVER=1)))
$(foreach d,$(call defs_named,$(KERNEL_USERS)),$(eval $(call user_stub,\
    KERNEL_STUBS,$(O)/mig/kernel/$(call name,$d),$d,-DKERNEL -DKERNEL_USER=1,\
    $(O)/mig/kernel/$(call name,$d)_user.h)))
$(foreach d,$(USER_SERVER_DEFS) $(SERVER_DEFS),$(eval $(call server_stub,\
    USER_STUBS,$(O)/mig/user/$(call name,$d),$d,)))
$(foreach d,$(USER_STUB_DEFS) $(SERVER_DEFS),$(eval $(call user_stub,\
    USER_STUBS,$(O)/mig/user/$(call name,$d),$d,,$(call stub_header,$d))))
