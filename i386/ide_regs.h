/*
 * i386/ide_regs.h - registers and commands of ATA drives and of bus-master IDE
 * controllers; for ide.c.
 */
#ifndef I386_IDE_REGS_H
#define I386_IDE_REGS_H

#include <stdint.h>

/* From a channel's base. */
#define REG_DATA		0
#define REG_ERROR		1
#define   ERROR_PROTECTED		0x40
#define REG_COUNT		2
#define REG_SECTOR_LOW		3
#define REG_SECTOR_MIDDLE	4
#define REG_SECTOR_HIGH		5
#define REG_SELECT		6
#define   SELECT_FIRST			0xe0	/* and sectors by number */
#define   SELECT_SECOND			0xf0
#define REG_STATUS		7	/* reading it ends the interrupt */
#define   STATUS_ERROR			0x01
#define   STATUS_DATA			0x08
#define   STATUS_FAULT			0x20
#define   STATUS_BUSY			0x80
#define   STATUS_NOTHING		0xff	/* no drive on the wires */
#define REG_COMMAND		7
#define   COMMAND_IDENTIFY		0xec

/* The control register; reading it gives the status. */
#define CONTROL_NO_INTERRUPT	0x02
#define CONTROL_RESET		0x04

enum ide_transfer { PIO_READ, PIO_WRITE, DMA_READ, DMA_WRITE };

/* For sectors below SECTORS_SMALL, and for the others. */
#define SECTORS_SMALL	(1u << 28)
static const uint8_t ide_commands[][2] = {
	[PIO_READ]	= { 0x20, 0x24 },
	[PIO_WRITE]	= { 0x30, 0x34 },
	[DMA_READ]	= { 0xc8, 0x25 },
	[DMA_WRITE]	= { 0xca, 0x35 },
};

/* Words of what a drive says of itself. */
#define IDENTIFY_WORDS		256
#define ID_CAPABILITIES		49
#define   CAPABILITY_DMA		0x0100
#define   CAPABILITY_LBA		0x0200
#define ID_SECTORS		60	/* two words */
#define ID_FEATURES		83
#define   FEATURES_VALID		0xc000
#define   FEATURES_TOLD			0x4000
#define   FEATURE_48_BIT		0x0400
#define ID_SECTORS_LARGE	100	/* four words */
#define ID_SECTOR_SIZE		106
#define   SECTOR_SIZE_VALID		0xc000
#define   SECTOR_SIZE_TOLD		0x4000
#define   SECTOR_SIZE_OTHER		0x1000	/* not 512 bytes */

/* A channel's bus-master registers. */
#define MASTER_SIZE		8
#define MASTER_COMMAND		0
#define   MASTER_START			0x01
#define   MASTER_TO_MEMORY		0x08
#define MASTER_STATUS		2
#define   MASTER_ACTIVE			0x01
#define   MASTER_ERROR			0x02	/* cleared by writing 1, so too */
#define   MASTER_INTERRUPT		0x04
#define   MASTER_KEEP			0x60	/* what the firmware set */
#define MASTER_PRDS		4

/* A physical region: what the controller reads to know where memory is. */
struct ide_prd {
	uint32_t address;
	uint16_t size;
	uint16_t flags;
};
#define PRD_LAST		0x8000

/* The controller on the PCI bus. */
#define PCI_CLASS_IDE		0x0101
#define INTERFACE_NATIVE	0x100u	/* of the class register: channel 0; next bit: may change */
#define PCI_COMMAND_KEEP	0xffffu	/* writing the status half clears it */
#define BAR_IO			0x1u

#endif
