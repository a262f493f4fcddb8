/*
 * i386/pci.h - configuration registers of PCI devices.
 */
#ifndef I386_PCI_H
#define I386_PCI_H

#include <stdbool.h>
#include <stdint.h>

/* Of every device: offsets of 32-bit registers. */
#define PCI_COMMAND	0x04
#define   PCI_COMMAND_IO	0x0001u
#define   PCI_COMMAND_MASTER	0x0004u
#define PCI_CLASS	0x08		/* class, subclass, interface, revision */
#define PCI_BAR(n)	(0x10 + 4 * (n))

/* Where a device is: bus, device and function as the address has them. */
typedef uint32_t pci_place_t;

/* The next device of a class (its two upper bytes) at or behind *place. */
bool	 pci_find(uint16_t class, pci_place_t *place);
uint32_t pci_read(pci_place_t place, unsigned offset);
void	 pci_write(pci_place_t place, unsigned offset, uint32_t value);

#endif
