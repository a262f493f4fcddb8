# servers/demo.boot - the demo: a program works on files that a server pages;
# what has no room in memory goes to the first slice of the first disk.
default_pager --host-port=${host-port} --device-port=${device-port} hd0s1 $(task-create) $(task-resume)
files.tar $(ramdisk-create)
file_server --files=rd0 $(fs-task=task-create)
fs_demo $(demo-task=task-create)
bootstrap --host-port=${host-port} --device-port=${device-port} --vital=${fs-task} --vital=${demo-task} $(task-create) $(task-resume)
