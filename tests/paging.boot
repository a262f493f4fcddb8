# tests/paging.boot - little memory, much of it paged to a memory disk.
paging $(ramdisk-create)
default_pager --host-port=${host-port} --device-port=${device-port} rd0 $(task-create) $(task-resume)
paging_runner --host-port=${host-port} --device-port=${device-port} paging_ $(task-create) $(task-resume)
