/*
 * tests/oracle/differences.h - where the two kernels are meant to differ.
 *
 * All that this program hides or does not try because of a difference is
 * here, under the name by which docs/reference/differences.md explains it.
 */
#ifndef TESTS_ORACLE_DIFFERENCES_H
#define TESTS_ORACLE_DIFFERENCES_H

/* kernel-bits: of a message's header, not shown. */
#define DIFFERENCE_KERNEL_BITS	0x78000000u

/* kernel-memory: messages are not sent from there; nor from page-zero. */
#define DIFFERENCE_NO_MEMORY	0x40000000u

/*
 * kept-sends: the rights of a name whose receive right alone is not destroyed
 * where a port-destroyed request keeps the port.
 */
#define DIFFERENCE_KEPT_SENDS	MACH_PORT_TYPE_SEND_RECEIVE

/* set-order: from a set with so many members that have messages. */
#define DIFFERENCE_READY_MEMBERS	2

/* notify-right: rights that neither kernel knows; GNU Mach knows 0x10. */
#define DIFFERENCE_NO_RIGHTS	0x20

/* user-names: no name is chosen twice; GNU Mach may have given it out. */
#define DIFFERENCE_USER_NAMES	((mach_port_t)0x53000000)

#endif
