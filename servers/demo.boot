# servers/demo.boot - the demo: a program works on files that a server pages.
files.tar $(ramdisk-create)
file_server --host-port=${host-port} --device-port=${device-port} $(fs-task=task-create) $(task-resume)
fs_demo --host-port=${host-port} --device-port=${device-port} --fs-task=${fs-task} $(task-create) $(task-resume)
