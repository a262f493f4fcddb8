# tests/paging_bad_space.boot - what is no paging space is said and left out: no
# device, none at all in the name, no disk, a slice that does not lie on its
# disk, one too small, ranges beyond the end, below a page, used already, and a
# disk that takes no writes.
# expect: ^default_pager: rd7: D_NO_SUCH_DEVICE
# expect: ^default_pager: :0\+8: KERN_INVALID_ARGUMENT
# expect: ^default_pager: time: D_
# expect: ^default_pager: hd0s6: D_NO_SUCH_DEVICE
# expect: ^default_pager: hd0s3: KERN_INVALID_ARGUMENT
# expect: ^default_pager: hd0s2:65530\+8: KERN_INVALID_ARGUMENT
# expect: ^default_pager: hd0s2:0\+7: KERN_INVALID_ARGUMENT
# expect: ^default_pager: hd0s2:8-16: KERN_INVALID_ARGUMENT
# expect: ^default_pager: hd0s2:80\+80: KERN_INVALID_ARGUMENT
# expect: ^hd1: write error
# expect: ^default_pager: hd1: D_IO_ERROR
# expect: ^default_pager: 64 KB of paging space
# expect: ^ok 1 - small_default_pager_is_set
default_pager --host-port=${host-port} --device-port=${device-port} rd7 :0+8 time hd0s6 hd0s3 hd0s2:65530+8 hd0s2:0+7 hd0s2:8-16 hd0s2:0+128 hd0s2:80+80 hd1 $(task-create) $(task-resume)
small_runner --host-port=${host-port} --device-port=${device-port} small_default_pager_is_set $(task-create) $(task-resume)
