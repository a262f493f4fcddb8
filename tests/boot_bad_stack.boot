# tests/boot_bad_stack.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_stack: a segment where the stack goes
bad_stack $(task-create) $(task-resume)
