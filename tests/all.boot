# tests/all.boot - every in-guest test; prints TAP and ends the machine.
runner --host-port=${host-port} --device-port=${device-port} $(task-create) $(task-resume)
