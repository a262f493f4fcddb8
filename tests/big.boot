# tests/big.boot - the tests where there is more memory than a task can use up.
files.tar $(ramdisk-create)
runner --host-port=${host-port} --device-port=${device-port} !memory_exhausted !floods_the_cache $(task-create) $(task-resume)
