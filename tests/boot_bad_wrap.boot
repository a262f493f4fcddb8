# tests/boot_bad_wrap.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_wrap: a segment at addresses that are not the user's
bad_wrap $(task-create) $(task-resume)
