# tests/boot_bad_text.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_text: not an ELF file
bad_text $(task-create) $(task-resume)
