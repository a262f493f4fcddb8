# tests/boot_bad_assignment.boot - an assignment to a function.
# expect: ^boot: show_arguments: cannot be assigned: task-resume
show_arguments --end=${host-port} $(task-resume=task-create)
