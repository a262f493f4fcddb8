# tests/servers.boot - tests of the servers, beside a file server.
files.tar $(ramdisk-create)
file_server --files=rd0 $(fs-task=task-create)
server_runner --host-port=${host-port} --device-port=${device-port} $(test-task=task-create)
bootstrap --host-port=${host-port} --device-port=${device-port} --start=${fs-task} --start=${test-task} $(task-create) $(task-resume)
