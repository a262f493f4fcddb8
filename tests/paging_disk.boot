# tests/paging_disk.boot - little memory, paged to a slice of a disk.
default_pager --host-port=${host-port} --device-port=${device-port} hd0s1 hd0s2 hd0s3 hd0s6 $(task-create) $(task-resume)
paging_runner --host-port=${host-port} --device-port=${device-port} paging_brings $(task-create) $(task-resume)
