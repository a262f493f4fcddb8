# tests/all.boot - every in-guest test; prints TAP and ends the machine.
files.tar $(ramdisk-create)
runner --host-port=${host-port} --device-port=${device-port} $(task-create) $(task-resume)
