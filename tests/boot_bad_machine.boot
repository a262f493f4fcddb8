# tests/boot_bad_machine.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_machine: made for another machine
bad_machine $(task-create) $(task-resume)
