# tests/boot_bad_offset.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_offset: truncated
bad_offset $(task-create) $(task-resume)
