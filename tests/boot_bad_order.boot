# tests/boot_bad_order.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_order: segments that overlap
bad_order $(task-create) $(task-resume)
