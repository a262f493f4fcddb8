# tests/boot_bad_headers.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_headers: truncated
bad_headers $(task-create) $(task-resume)
