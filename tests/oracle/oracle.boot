oracle --host-port=${host-port} rights=1+40 $(task-create) $(task-resume)
