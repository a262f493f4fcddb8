# tests/boot_single.boot - one module without arguments: it is told by place.
# expect: ^argument 0: bootstrap
# expect: ^argument 1: -x
# expect: ^argument 2: 1
# expect: ^argument 3: 2
# expect: ^argument 4: UNKNOWN
# expect: ^environment 0: MULTIBOOT_CMDLINE=.*console=com0 qemu-exit
show_arguments
