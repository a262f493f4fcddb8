# tests/boot_no_modules.boot - a kernel alone.
# expect: ^boot: no modules: nothing to start
