# tests/stress.boot - make stress: the same as paging.boot, for longer.
paging $(ramdisk-create)
default_pager --host-port=${host-port} --device-port=${device-port} rd0 $(task-create) $(task-resume)
paging_runner --host-port=${host-port} --device-port=${device-port} stress_ $(task-create) $(task-resume)
