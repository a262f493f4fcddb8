/*
 * i386/acpi.h - what the firmware's ACPI tables say of this machine.
 */
#ifndef I386_ACPI_H
#define I386_ACPI_H

#include <kern/types.h>

#define ACPI_PROCESSORS_MAX	32
#define ACPI_IOAPICS_MAX	8
#define ACPI_ISA_LINES		16

/* How an interrupt line signals. */
#define ACPI_ACTIVE_LOW		0x1
#define ACPI_LEVEL		0x2

/* Fixed after acpi_find. */
struct acpi_info {
	bool		 has_madt;
	phys_addr_t	 lapic;
	unsigned	 processor_count;
	uint8_t		 apic_ids[ACPI_PROCESSORS_MAX];
	unsigned	 ioapic_count;
	struct {
		uint32_t address;
		uint32_t first;		/* global number of its first line */
	} ioapics[ACPI_IOAPICS_MAX];
	struct {
		uint32_t global;	/* line number among all I/O APICs' */
		uint8_t	 flags;		/* ACPI_ACTIVE_LOW, ACPI_LEVEL */
	} isa[ACPI_ISA_LINES];
	/* how to reset the machine; port 0: not that way */
	uint16_t	 reset_port;
	uint8_t		 reset_value;
};

extern struct acpi_info acpi_info;

void	acpi_find(void);

#endif
