/*
 * i386/ide.c - ATA disks on the two channels of a PC's IDE controller.
 *
 * Owns:       the channels' registers, and their drives hd0 to hd3, by place.
 *             A transfer goes by bus-master DMA straight to or from the pages
 *             given; by way of a bounce buffer if the controller cannot reach
 *             one; by the processor (PIO) where there is no DMA, it failed, or
 *             the kernel's command line says ide-pio.
 * Locks:      a channel is used by one thread at a time: the one that starts
 *             the machine, then its queue's.  Its lock (LOCK_TTY) guards what
 *             the interrupt handler leaves for that thread.
 * Invariant:  every wait for a drive ends: by an interrupt, or by time; then
 *             the channel is reset.
 * Source:     ATA/ATAPI-6 (T13/1410D); Programming Interface for Bus Master
 *             IDE Controller 1.0.
 */
#include <device/disk.h>
#include <device/disk_status.h>
#include <kern/debug.h>
#include <kern/lock.h>
#include <kern/string.h>
#include <kern/thread.h>
#include <machine/ide_regs.h>
#include <machine/intr.h>
#include <machine/machine.h>
#include <machine/pci.h>
#include <machine/regs.h>
#include <vm/pmap.h>
#include <vm/vm_page.h>

#define CHANNELS	2u
#define DRIVES		2u		/* of a channel */
#define POLLS		1000u		/* of a register, before sleeping */
#define SLEEP_MS	10u
#define READY_MS	3000u		/* until a drive is not busy */
#define ANSWER_MS	7000u		/* until one interrupts */
#define DMA_FAILURES	2u		/* then PIO */

#define TRANSFER_PAGES	(DISK_TRANSFER_MAX * DISK_SECTOR_SIZE / PAGE_SIZE)
#define TRANSFER_ORDER	4u		/* TRANSFER_PAGES as a power of two */
#define DMA_END		(1ull << 32)

_Static_assert(TRANSFER_PAGES == 1u << TRANSFER_ORDER, "bounce buffer");

struct ide_drive {
	struct disk_drive   disk;
	struct ide_channel *channel;
	uint8_t		    select;	/* SELECT_* */
	/* the channel's thread */
	bool		    dma;
	unsigned	    dma_failures;
};

struct ide_channel {
	/* fixed */
	uint16_t	  base, control;
	uint16_t	  master;	/* bus-master registers, 0: none */
	uint8_t		  irq;
	struct disk_queue queue;
	struct ide_drive  drives[DRIVES];
	struct ide_prd	 *prds;		/* in the direct map, in one page */
	phys_addr_t	  prds_phys;
	struct vm_page	 *bounce;	/* first of TRANSFER_PAGES, or NULL */
	/* its thread's */
	uint16_t	  sector[DISK_SECTOR_SIZE / 2];
	/* under lock */
	struct spinlock	  lock;
	bool		  answered;	/* there was an interrupt: */
	uint8_t		  status;	/* the drive's */
	uint8_t		  master_status;
};

static struct ide_channel channels[CHANNELS] = {
	{ .base = 0x1f0, .control = 0x3f6, .irq = 14, .queue.name = "ide0" },
	{ .base = 0x170, .control = 0x376, .irq = 15, .queue.name = "ide1" },
};

/* ---- waiting ---- */

static void
sleep_ms(struct ide_channel *channel, unsigned ms)
{
	assert_wait(&channel->control, false);
	thread_set_timeout(ms);
	(void)thread_block(NULL);
}

/* Four reads take the 400 ns that a drive has to show its status. */
static uint8_t
status_settled(struct ide_channel *channel)
{
	for (unsigned i = 0; i < 3; i++)
		(void)inb(channel->control);
	return inb(channel->control);
}

/* Wait until the drive is not busy; false: READY_MS were not enough. */
static bool
wait_ready(struct ide_channel *channel, uint8_t *status)
{
	for (unsigned i = 0; i < POLLS + READY_MS / SLEEP_MS; i++) {
		*status = status_settled(channel);
		if (!(*status & STATUS_BUSY))
			return true;
		if (i >= POLLS)
			sleep_ms(channel, SLEEP_MS);
	}
	return false;
}

static void
ide_interrupt(void *arg)
{
	struct ide_channel *channel = arg;
	bool were_on = spin_lock_intr(&channel->lock);

	if (channel->master != 0) {
		channel->master_status = inb(channel->master + MASTER_STATUS);
		outb(channel->master + MASTER_COMMAND, 0);
		outb(channel->master + MASTER_STATUS,
		    (channel->master_status & MASTER_KEEP) |
		    MASTER_INTERRUPT | MASTER_ERROR);
	}
	channel->status = inb(channel->base + REG_STATUS);
	channel->answered = true;
	spin_unlock_intr(&channel->lock, were_on);
	thread_wakeup(channel);
}

/* From now on wait_answer waits for the next interrupt. */
static void
expect_answer(struct ide_channel *channel)
{
	bool were_on = spin_lock_intr(&channel->lock);

	channel->answered = false;
	channel->master_status = 0;
	spin_unlock_intr(&channel->lock, were_on);
}

/* Wait for the drive's interrupt; false: ANSWER_MS were not enough. */
static bool
wait_answer(struct ide_channel *channel, uint8_t *status)
{
	bool were_on, answered;

	for (;;) {
		were_on = spin_lock_intr(&channel->lock);
		answered = channel->answered;
		*status = channel->status;
		if (!answered)
			assert_wait(channel, false);
		spin_unlock_intr(&channel->lock, were_on);
		if (answered)
			return true;
		thread_set_timeout(ANSWER_MS);
		if (thread_block(NULL) == THREAD_TIMED_OUT &&
		    !channel->answered)
			return false;
	}
}

/* Whatever a channel does, it does no more. */
static void
channel_reset(struct ide_channel *channel)
{
	uint8_t status;

	if (channel->master != 0)
		outb(channel->master + MASTER_COMMAND, 0);
	outb(channel->control, CONTROL_RESET | CONTROL_NO_INTERRUPT);
	sleep_ms(channel, SLEEP_MS);
	outb(channel->control, 0);
	sleep_ms(channel, SLEEP_MS);
	(void)wait_ready(channel, &status);
}

/* ---- commands ---- */

static bool
select_drive(const struct ide_drive *drive, uint8_t more)
{
	struct ide_channel *channel = drive->channel;
	uint8_t status;

	if (!wait_ready(channel, &status))
		return false;
	outb(channel->base + REG_SELECT, drive->select | more);
	return wait_ready(channel, &status) && !(status & STATUS_DATA);
}

static void
write_address(uint16_t base, uint8_t count, uint32_t sector)
{
	outb(base + REG_COUNT, count);
	outb(base + REG_SECTOR_LOW, sector & 0xff);
	outb(base + REG_SECTOR_MIDDLE, (sector >> 8) & 0xff);
	outb(base + REG_SECTOR_HIGH, (sector >> 16) & 0xff);
}

/* Give the drive a command for these sectors; false: it does not listen. */
static bool
command(const struct ide_drive *drive, enum ide_transfer kind,
    uint32_t sector, unsigned count)
{
	uint16_t base = drive->channel->base;
	bool large = sector + count > SECTORS_SMALL;

	if (!select_drive(drive, large ? 0 : sector >> 24))
		return false;
	if (large)
		write_address(base, 0, sector >> 24);
	write_address(base, count, sector);
	expect_answer(drive->channel);
	outb(base + REG_COMMAND, ide_commands[kind][large]);
	return true;
}

/* What a status means, when a command has ended. */
static kern_return_t
result(const struct ide_drive *drive, uint8_t status, bool write)
{
	if (!(status & (STATUS_ERROR | STATUS_FAULT)))
		return D_SUCCESS;
	if (write && (status & STATUS_ERROR) &&
	    (inb(drive->channel->base + REG_ERROR) & ERROR_PROTECTED))
		return D_READ_ONLY;
	return D_IO_ERROR;
}

/* ---- PIO ---- */

static void
sector_in(struct ide_channel *channel, struct vm_page *page, unsigned offset)
{
	insw(channel->base + REG_DATA, channel->sector, DISK_SECTOR_SIZE / 2);
	pmap_copy_to_page(channel->sector, page, offset, DISK_SECTOR_SIZE);
}

static void
sector_out(struct ide_channel *channel, struct vm_page *page, unsigned offset)
{
	pmap_copy_from_page(page, offset, channel->sector, DISK_SECTOR_SIZE);
	outsw(channel->base + REG_DATA, channel->sector,
	    DISK_SECTOR_SIZE / 2);
}

/*
 * The drive interrupts when a sector can be read, and when it has taken one;
 * the first may be written when it says so.  False: it is silent.
 */
static bool
pio_sectors(struct ide_drive *drive, bool write, unsigned count,
    struct vm_page *const *pages, uint8_t *status)
{
	struct ide_channel *channel = drive->channel;

	*status = 0;
	if (write && !wait_ready(channel, status))
		return false;
	for (unsigned i = 0; i < count; i++) {
		unsigned at = i * DISK_SECTOR_SIZE;
		struct vm_page *page = pages[at / PAGE_SIZE];

		if (!write && !wait_answer(channel, status))
			return false;
		if (*status & (STATUS_ERROR | STATUS_FAULT))
			return true;
		if (!(*status & STATUS_DATA))
			return false;
		expect_answer(channel);
		(write ? sector_out : sector_in)(channel, page,
		    at & PAGE_MASK);
		if (write && !wait_answer(channel, status))
			return false;
	}
	return true;
}

static kern_return_t
transfer_pio(struct ide_drive *drive, bool write, uint32_t sector,
    unsigned count, struct vm_page *const *pages)
{
	uint8_t status;

	if (!command(drive, write ? PIO_WRITE : PIO_READ, sector, count) ||
	    !pio_sectors(drive, write, count, pages, &status)) {
		channel_reset(drive->channel);
		return D_IO_ERROR;
	}
	return result(drive, status, write);
}

/* ---- DMA ---- */

static bool
reachable(struct vm_page *const *pages, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (vm_page_phys(pages[i]) >= DMA_END)
			return false;
	return true;
}

/* Page i of the bounce buffer, made when first needed; NULL: no memory. */
static struct vm_page *
bounce_page(struct ide_channel *channel, unsigned i)
{
	if (channel->bounce == NULL)
		channel->bounce = vm_page_grab_contiguous(VM_PAGE_KERNEL,
		    TRANSFER_ORDER);
	return channel->bounce != NULL ? channel->bounce + i : NULL;
}

/* Tell the controller where the memory is: one descriptor a page. */
static void
prds_write(struct ide_channel *channel, struct vm_page *const *pages,
    unsigned bytes)
{
	unsigned count = round_page(bytes) >> PAGE_SHIFT;

	for (unsigned i = 0; i < count; i++) {
		unsigned size = min_of(bytes - i * PAGE_SIZE, PAGE_SIZE);

		channel->prds[i].address = vm_page_phys(pages[i]);
		channel->prds[i].size = size;
		channel->prds[i].flags = i + 1 == count ? PRD_LAST : 0;
	}
	outl(channel->master + MASTER_PRDS, channel->prds_phys);
}

/* *status: the drive's.  False: drive or controller failed, or are silent. */
static bool
dma(struct ide_drive *drive, bool write, uint32_t sector, unsigned count,
    struct vm_page *const *pages, uint8_t *status)
{
	struct ide_channel *channel = drive->channel;
	uint8_t direction = write ? 0 : MASTER_TO_MEMORY;

	prds_write(channel, pages, count * DISK_SECTOR_SIZE);
	outb(channel->master + MASTER_COMMAND, direction);
	outb(channel->master + MASTER_STATUS,
	    (inb(channel->master + MASTER_STATUS) & MASTER_KEEP) |
	    MASTER_INTERRUPT | MASTER_ERROR);
	if (!command(drive, write ? DMA_WRITE : DMA_READ, sector, count))
		return false;
	outb(channel->master + MASTER_COMMAND, direction | MASTER_START);
	if (!wait_answer(channel, status))
		return false;
	if (*status & (STATUS_ERROR | STATUS_FAULT))
		return true;
	return !(*status & (STATUS_BUSY | STATUS_DATA)) &&
	    !(channel->master_status & (MASTER_ERROR | MASTER_ACTIVE));
}

/* By way of the bounce buffer, if the controller cannot reach the pages. */
static bool
dma_bounced(struct ide_drive *drive, bool write, uint32_t sector,
    unsigned count, struct vm_page *const *pages, uint8_t *status)
{
	struct vm_page *bounce[TRANSFER_PAGES];
	unsigned bytes = count * DISK_SECTOR_SIZE;
	unsigned n = round_page(bytes) >> PAGE_SHIFT;

	if (reachable(pages, n))
		return dma(drive, write, sector, count, pages, status);
	for (unsigned i = 0; i < n; i++) {
		bounce[i] = bounce_page(drive->channel, i);
		if (bounce[i] == NULL)
			return false;
		if (write)
			pmap_copy_page(pages[i], bounce[i]);
	}
	if (!dma(drive, write, sector, count, bounce, status))
		return false;
	for (unsigned i = 0; i < n && !write; i++)
		pmap_copy_page_part(bounce[i], 0, pages[i], 0,
		    min_of(bytes - i * PAGE_SIZE, PAGE_SIZE));
	return true;
}

static kern_return_t
ide_transfer(struct disk_drive *disk, bool write, uint32_t sector,
    unsigned count, struct vm_page *const *pages)
{
	struct ide_drive *drive = queue_element(disk, struct ide_drive, disk);
	uint8_t status;

	if (!drive->dma)
		return transfer_pio(drive, write, sector, count, pages);
	if (dma_bounced(drive, write, sector, count, pages, &status))
		return result(drive, status, write);
	channel_reset(drive->channel);
	if (++drive->dma_failures == DMA_FAILURES) {
		kprintf("%s%u: no more DMA\n", disk->name, disk->unit);
		drive->dma = false;
	}
	return D_IO_ERROR;
}

/* ---- which drives there are ---- */

/*
 * Have a drive identify itself, by polling; false: there is none, or it is no
 * disk (a CD-ROM drive aborts the command).
 */
static bool
identify(struct ide_drive *drive, uint16_t *words)
{
	struct ide_channel *channel = drive->channel;
	uint8_t status;

	outb(channel->base + REG_SELECT, drive->select);
	status = status_settled(channel);
	if (status == 0 || status == STATUS_NOTHING ||
	    !wait_ready(channel, &status))
		return false;
	write_address(channel->base, 0, 0);
	outb(channel->base + REG_COMMAND, COMMAND_IDENTIFY);
	if (status_settled(channel) == 0 || !wait_ready(channel, &status) ||
	    (status & (STATUS_ERROR | STATUS_FAULT)) ||
	    !(status & STATUS_DATA))
		return false;
	insw(channel->base + REG_DATA, words, IDENTIFY_WORDS);
	(void)inb(channel->base + REG_STATUS);
	return true;
}

/* Sectors of a disk that we can drive, or 0; the last are left out of very large ones. */
static uint32_t
sectors_of(const uint16_t *words)
{
	uint32_t small = words[ID_SECTORS] |
	    (uint32_t)words[ID_SECTORS + 1] << 16;

	if (!(words[ID_CAPABILITIES] & CAPABILITY_LBA) ||
	    ((words[ID_SECTOR_SIZE] & SECTOR_SIZE_VALID) == SECTOR_SIZE_TOLD &&
	    (words[ID_SECTOR_SIZE] & SECTOR_SIZE_OTHER)))
		return 0;
	if ((words[ID_FEATURES] & FEATURES_VALID) != FEATURES_TOLD ||
	    !(words[ID_FEATURES] & FEATURE_48_BIT))
		return min_of(small, SECTORS_SMALL);
	if (words[ID_SECTORS_LARGE + 2] != 0 || words[ID_SECTORS_LARGE + 3] != 0)
		return UINT32_MAX;
	return words[ID_SECTORS_LARGE] |
	    (uint32_t)words[ID_SECTORS_LARGE + 1] << 16;
}

static void
drive_start(struct ide_channel *channel, unsigned place)
{
	struct ide_drive *drive = &channel->drives[place];
	uint16_t *words = channel->sector;

	drive->channel = channel;
	drive->select = place == 0 ? SELECT_FIRST : SELECT_SECOND;
	outb(channel->control, CONTROL_NO_INTERRUPT);
	if (!identify(drive, words))
		return;
	drive->disk.name = "hd";
	drive->disk.unit = (channel - channels) * DRIVES + place;
	drive->disk.sectors = sectors_of(words);
	drive->disk.queue = &channel->queue;
	drive->disk.transfer = ide_transfer;
	if (drive->disk.sectors == 0) {
		kprintf("hd%u: no disk that can be driven\n", drive->disk.unit);
		return;
	}
	drive->dma = channel->master != 0 &&
	    (words[ID_CAPABILITIES] & CAPABILITY_DMA) && !boot_flag("ide-pio");
	outb(channel->control, 0);
	kprintf("hd%u: %u MB, %s\n", drive->disk.unit,
	    drive->disk.sectors / (1048576 / DISK_SECTOR_SIZE),
	    drive->dma ? "DMA" : "PIO");
	disk_attach(&drive->disk);
}

static void
channel_start(struct ide_channel *channel, uint16_t master)
{
	struct vm_page *page = vm_page_grab(VM_PAGE_KERNEL);

	spinlock_init(&channel->lock, LOCK_TTY);
	if (page == NULL || !disk_queue_init(&channel->queue))
		panic("no memory for the disks");
	channel->prds = vm_page_to_direct(page);
	channel->prds_phys = vm_page_phys(page);
	channel->master = master;
	intr_establish(channel->irq, ide_interrupt, channel);
	for (unsigned i = 0; i < DRIVES; i++)
		drive_start(channel, i);
	outb(channel->control, 0);
	disk_queue_start(&channel->queue);
}

/*
 * A channel may live at the PC's own addresses or at any: have it at the
 * former, if it can choose.
 */
static bool
channel_is_native(pci_place_t place, unsigned channel)
{
	uint32_t class = pci_read(place, PCI_CLASS);
	uint32_t native = INTERFACE_NATIVE << (2 * channel);

	if ((class & native) && (class & (native << 1))) {
		pci_write(place, PCI_CLASS, class & ~native);
		class = pci_read(place, PCI_CLASS);
	}
	return (class & native) != 0;
}

/* The first controller's two channels. */
void
machine_disks_start(void)
{
	pci_place_t place = 0;
	uint32_t masters;

	if (!pci_find(PCI_CLASS_IDE, &place))
		return;
	pci_write(place, PCI_COMMAND, (pci_read(place, PCI_COMMAND) &
	    PCI_COMMAND_KEEP) | PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	masters = pci_read(place, PCI_BAR(4));
	masters = masters & BAR_IO ? masters & ~3u : 0;
	for (unsigned i = 0; i < CHANNELS; i++) {
		if (channel_is_native(place, i))
			kprintf("ide%u: not at a PC's addresses\n", i);
		else
			channel_start(&channels[i], masters != 0 ?
			    masters + i * MASTER_SIZE : 0);
	}
}
