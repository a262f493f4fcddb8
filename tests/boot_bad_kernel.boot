# tests/boot_bad_kernel.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_kernel: a segment at addresses that are not the user's
bad_kernel $(task-create) $(task-resume)
