# tests/servers.boot - tests of the servers, beside a file server and a pager without privilege.
files.tar $(ramdisk-create)
space $(ramdisk-create)
default_pager --device-port=${device-port} --name=pager rd1 $(pager-task=task-create)
file_server --files=rd0 $(fs-task=task-create)
server_runner --host-port=${host-port} --device-port=${device-port} $(test-task=task-create)
bootstrap --host-port=${host-port} --device-port=${device-port} --start=${fs-task} --start=${pager-task} --start=${test-task} $(task-create) $(task-resume)
