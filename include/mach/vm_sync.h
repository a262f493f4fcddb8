/*
 * mach/vm_sync.h - what vm_msync does with a range.
 */
#ifndef MACH_VM_SYNC_H
#define MACH_VM_SYNC_H

typedef unsigned int vm_sync_t;

#define VM_SYNC_ASYNCHRONOUS	((vm_sync_t) 0x1)
#define VM_SYNC_SYNCHRONOUS	((vm_sync_t) 0x2)
#define VM_SYNC_INVALIDATE	((vm_sync_t) 0x4)

#endif
