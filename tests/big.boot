# tests/big.boot - the tests where there is more memory than a task can use up.
files.tar $(ramdisk-create)
runner --host-port=${host-port} --device-port=${device-port} !memory_exhausted !floods_the_cache !refuses_more_than_there_is $(task-create) $(task-resume)
