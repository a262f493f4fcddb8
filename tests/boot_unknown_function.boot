# tests/boot_unknown_function.boot - a function that there is not.
# expect: ^boot: show_arguments: symbol not allowed here: no-such-thing
show_arguments --end=${host-port} $(no-such-thing) $(task-create) $(task-resume)
