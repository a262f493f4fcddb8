# tests/boot_bad_empty.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_empty: not an ELF file
bad_empty $(task-create) $(task-resume)
