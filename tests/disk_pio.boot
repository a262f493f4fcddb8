# tests/disk_pio.boot - the same as disk.boot, but what takes long without DMA.
disk_runner --host-port=${host-port} --device-port=${device-port} !16_mb !several !clients !more_than $(task-create) $(task-resume)
