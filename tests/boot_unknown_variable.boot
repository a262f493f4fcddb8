# tests/boot_unknown_variable.boot - a variable that nobody defines.
# expect: ^boot: show_arguments: undefined symbol: no-such-thing
show_arguments --end=${host-port} ${no-such-thing} $(task-create) $(task-resume)
