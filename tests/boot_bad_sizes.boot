# tests/boot_bad_sizes.boot - a module that cannot be loaded; see files.mk.
# expect: ^boot: bad_sizes: a segment larger in the file than in memory
bad_sizes $(task-create) $(task-resume)
