# libmach/files.mk - what libmach.a is made of; see tools/user.mk.
LIBMACH_SRCS := $(MACHINE)/traps.S $(MACHINE)/thread_state.c $(MACHINE)/sysenter.c \
	start.c mach_init.c msg.c msg_destroy.c msg_server.c mig_support.c \
	thread.c task.c pager.c pager_calls.c pager_unasked.c lock.c error.c console.c newlib_sys.c newlib_lock.c

# Interfaces whose user stubs, and whose server stubs, are in the library.
LIBMACH_DEFS := mach.defs mach_host.defs mach_port.defs mach4.defs \
	gnumach.defs duality.defs mach_debug.defs mach_$(MACHINE).defs \
	device.defs device_request.defs default_pager.defs duality_pager.defs exc.defs
LIBMACH_SERVER_DEFS := memory_object.defs memory_object_default.defs \
	duality_object.defs \
	default_pager.defs duality_pager.defs exc.defs notify.defs intr_notify.defs \
	task_notify.defs device_reply.defs
