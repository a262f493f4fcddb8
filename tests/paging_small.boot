# tests/paging_small.boot - little paging space, and what happens at its end.
paging $(ramdisk-create)
default_pager --host-port=${host-port} --device-port=${device-port} rd0:0+16384 rd7 rd0:600000+8 rd0:8+8 $(task-create) $(task-resume)
small_runner --host-port=${host-port} --device-port=${device-port} $(task-create) $(task-resume)
