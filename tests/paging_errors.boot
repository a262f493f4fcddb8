# tests/paging_errors.boot - paged to a disk that is going bad, and another.
default_pager --host-port=${host-port} --device-port=${device-port} hd1 hd0s1 $(task-create) $(task-resume)
paging_runner --host-port=${host-port} --device-port=${device-port} errors_ $(task-create) $(task-resume)
