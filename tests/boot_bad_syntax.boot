# tests/boot_bad_syntax.boot - a variable without its closing brace.
# expect: ^boot: show_arguments: syntax error
show_arguments --end=${host-port $(task-create) $(task-resume)
