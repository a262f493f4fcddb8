# tests/disk.boot - disks on an IDE controller.
disk_runner --host-port=${host-port} --device-port=${device-port} $(task-create) $(task-resume)
