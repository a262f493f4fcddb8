oracle --host-port=${host-port} rights=1+40 memory=9+40 $(task-create) $(task-resume)
