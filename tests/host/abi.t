#!/bin/sh
# tests/host/abi.t - the interface definitions agree with tests/abi-facts.txt.
exec tools/check-abi
