# tests/boot_arguments.boot - the script's variables and functions.
# expect: ^argument 0: show_arguments
# expect: ^argument 1: plain
# expect: ^argument 2: --host=1
# expect: ^argument 3: --device=2
# expect: ^argument 4: --kernel=3
# expect: ^argument 5: --other=4
# expect: ^argument 6: --again=1
# expect: ^argument 7: -x
# expect: ^argument 8: com0
# expect: ^argument 9: UNKNOWN
# expect: ^argument 10: line=.*console=com0 qemu-exit
# expect: ^argument 11: after=1
# expect: ^argument 12: tail
# expect: ^argument 13: --end=1
# expect: ^right 4: send
show_arguments plain --host=${host-port} --device=${device-port} --kernel=${kernel-task} --other=${second} --again=${host-port} ${boot-args} ${console} ${root-device} line=${kernel-command-line} after=${host-port}tail --end=${host-port} $(first=task-create) $(task-resume)
show_arguments second $(second=third=task-create)
show_arguments never started
