# tests/selftest.boot - the runner survives tests that fail, crash, hang or die,
# and has their memory back before it goes on.
# expect: ^1\.\.9
# expect: ^ok 1 - selftest_passes
# expect: ^not ok 2 - selftest_fails
# expect: ^#   tests/selftest\.c:[0-9]+: 1 is 0x1, not 0x2
# expect: ^not ok 3 - selftest_crashes
# expect: ^#   exception 1, code 1, subcode 0x10
# expect: ^not ok 4 - selftest_hangs
# expect: ^#   still not done at the end of its time
# expect: ^not ok 5 - selftest_waits_for_ever
# expect: ^not ok 6 - selftest_dies
# expect: ^ok 7 - selftest_goes_on
# expect: ^ok 8 - selftest_ends_with_most_of_memory
# expect: ^ok 9 - selftest_has_most_of_memory
self_runner --host-port=${host-port} --device-port=${device-port} $(task-create) $(task-resume)
