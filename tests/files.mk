# tests/files.mk - the programs that tests/*.boot start, and their sources.

TEST_PROGRAMS := runner
runner_SRCS := runner.c support.c kern_task.c device.c
