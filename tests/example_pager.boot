# tests/example_pager.boot - the example of docs/writing-a-pager.md.
# expect: ^page 3 reads 9, page 7 49; 2 requests
# expect: ^page 3 came back as 1987
example_pager --host-port=${host-port} $(task-create) $(task-resume)
