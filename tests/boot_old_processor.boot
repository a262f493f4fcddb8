# tests/boot_old_processor.boot - a processor that cannot run the kernel.
# expect: ^Duality needs a Pentium Pro or later processor: PAE, CMOV, CX8, FPU\.
# expect: ^run: the kernel could not start what it was given
show_arguments $(task-create) $(task-resume)
