# tests/boot_no_memory.boot - more modules than a machine of this size can take.
# expect: ^cannot start: too little memory: [0-9]+ KB, [0-9]+ KB beside kernel and modules
show_arguments --end=${host-port} $(task-create) $(task-resume)
