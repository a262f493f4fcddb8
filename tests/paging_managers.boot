# tests/paging_managers.boot - as paging.boot: what depends most on who is faster, for two processors.
paging $(ramdisk-create)
default_pager --host-port=${host-port} --device-port=${device-port} rd0 $(task-create) $(task-resume)
paging_runner --host-port=${host-port} --device-port=${device-port} paging_manager paging_brings paging_random $(task-create) $(task-resume)
