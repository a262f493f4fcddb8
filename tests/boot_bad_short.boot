# tests/boot_bad_short.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_short: truncated
bad_short $(task-create) $(task-resume)
