# tests/boot_starts_nothing.boot - a task that nobody resumes.
# expect: ^boot: the script starts nothing
# expect: ^run: the kernel could not start what it was given
show_arguments $(task-create)
