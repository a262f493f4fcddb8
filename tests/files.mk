# tests/files.mk - the programs that tests/*.boot start, and their sources.

TEST_PROGRAMS := runner
runner_SRCS := runner.c support.c rights.c ipc_port.c ipc_message.c kern_task.c device.c raise.c exceptions.c i386_culprit.c i386_processor.c i386_entry.c host_calls.c
runner_SRCS += vm_support.c vm_calls.c vm_copy.c vm_protection.c pager.c

TEST_PROGRAMS += server_runner
server_runner_SRCS := runner.c support.c servers.c
