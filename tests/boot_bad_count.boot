# tests/boot_bad_count.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_count: no usable program headers
bad_count $(task-create) $(task-resume)
