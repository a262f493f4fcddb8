# tests/boot_bad_nothing.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_nothing: nothing in it to load
bad_nothing $(task-create) $(task-resume)
