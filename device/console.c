/*
 * device/console.c - the device "console": lines typed, and output.
 *
 * Owns:       the line being typed and what was typed but not read; the reads
 *             that wait for it, and the thread that answers them.
 * Locks:      pending_lock (LOCK_DEVICE) guards the waiting reads, tty_lock
 *             (LOCK_TTY, interrupts off) the input; pending_lock comes first.
 *             The interrupt takes only tty_lock.
 *
 * With TF_ECHO (as at start-up) input is echoed and read by lines; backspace
 * and control-U edit the line.  Without it each character can be read at once.
 * A read that must wait keeps no thread in the kernel: its reply port is
 * queued, and the console's thread answers.
 */
#include <device/console.h>
#include <device/device.h>
#include <device/tty_status.h>
#include <device_reply_user.h>
#include <ipc/ipc_port.h>
#include <kern/console.h>
#include <kern/debug.h>
#include <kern/string.h>
#include <kern/thread.h>
#include <kern/zone.h>

#define INPUT_SIZE	1024u		/* a power of two */
#define PIECE_SIZE	256u		/* of output, between rests */
#define PENDING_MAX	64u
#define SPEED_9600	13		/* what a line says it runs at */

#define ERASE_LINE	('U' & 0x1f)
#define DELETE		0x7f

/* A read that waits. */
struct pending {
	struct queue		link;
	struct ipc_port	       *reply_port;
	mach_msg_type_name_t	reply_type;
	unsigned		size;
	bool			inband;
};

static struct spinlock pending_lock = SPINLOCK_INIT(LOCK_DEVICE);
static struct queue pending_reads = { &pending_reads, &pending_reads };
static unsigned pending_count;		/* pending_lock: their number */

/*
 * Characters lie at [head, tail) of the ring; those before ready may be read,
 * the others are the line being typed.  Counters run on and wrap.
 */
static struct spinlock tty_lock = SPINLOCK_INIT(LOCK_TTY);
static char input[INPUT_SIZE];		/* tty_lock */
static unsigned head, ready, tail;	/* tty_lock */
static int tty_flags = TF_ECHO | TF_CRMOD;	/* tty_lock */

/* ---- input ---- */

static void
echo(const char *s, size_t n)
{
	if (tty_flags & TF_ECHO)
		console_write(s, n);
}

/* Take back the last character of the line; false if the line is empty. */
static bool
erase_one(void)
{
	if (tail == ready)
		return false;
	tail--;
	echo("\b \b", 3);
	return true;
}

static void
put(char c)
{
	if (tail - head == INPUT_SIZE) {
		echo("\a", 1);
		return;
	}
	/* The last place is the newline's: a full line can be ended. */
	if (tail - head == INPUT_SIZE - 1 && c != '\n' &&
	    (tty_flags & TF_ECHO)) {
		echo("\a", 1);
		return;
	}
	input[tail++ % INPUT_SIZE] = c;
	echo(&c, 1);
	if (c == '\n' || !(tty_flags & TF_ECHO))
		ready = tail;
}

void
console_input(int c)
{
	bool were_on = spin_lock_intr(&tty_lock);
	bool edits = (tty_flags & TF_ECHO) != 0;
	bool wake;

	if (c == '\r' && (tty_flags & TF_CRMOD))
		c = '\n';
	if (edits && (c == '\b' || c == DELETE))
		(void)erase_one();
	else if (edits && c == ERASE_LINE)
		while (erase_one())
			continue;
	else
		put(c);
	wake = ready != head;
	spin_unlock_intr(&tty_lock, were_on);
	if (wake)
		thread_wakeup(&ready);
}

/* Take what can be read: at most size characters, of one line only. */
static unsigned
take_locked(char *buf, unsigned size)
{
	unsigned count = 0;

	while (count < size && head != ready) {
		buf[count] = input[head++ % INPUT_SIZE];
		if (buf[count++] == '\n' && (tty_flags & TF_ECHO))
			break;
	}
	return count;
}

static unsigned
take(char *buf, unsigned size)
{
	bool were_on = spin_lock_intr(&tty_lock);
	unsigned count = take_locked(buf, size);

	spin_unlock_intr(&tty_lock, were_on);
	return count;
}

/* The same; if there is nothing, declare a wait for it. */
static unsigned
take_or_wait(char *buf, unsigned size)
{
	bool were_on = spin_lock_intr(&tty_lock);
	unsigned count = take_locked(buf, size);

	if (count == 0)
		assert_wait(&ready, false);
	spin_unlock_intr(&tty_lock, were_on);
	return count;
}

void
console_wait_return(void)
{
	char c;

	do {
		while (take_or_wait(&c, 1) == 0)
			(void)thread_block(NULL);
	} while (c != '\n' && c != '\r');
}

/* ---- reads that wait ---- */

static void
release_reply_port(struct ipc_port *port, mach_msg_type_name_t type)
{
	if (!IP_VALID(port))
		return;
	if (type == MACH_MSG_TYPE_PORT_SEND_ONCE)
		ipc_port_release_sonce(port);
	else
		ipc_port_release_send(port);
}

static void
pending_free(struct pending *pending)
{
	release_reply_port(pending->reply_port, pending->reply_type);
	kfree(pending, sizeof(*pending));
}

/*
 * Move reads whose client is gone from the queue to dead; pending_lock held.
 * Input must not go to them, nor may they keep others out.
 */
static void
collect_dead(struct queue *dead)
{
	struct queue *pos, *save;

	queue_for_each_safe(pos, save, &pending_reads) {
		struct pending *pending = queue_element(pos, struct pending,
		    link);

		if (ipc_port_alive(pending->reply_port))
			continue;
		queue_remove(pos);
		queue_push_back(dead, pos);
		pending_count--;
	}
}

static void
free_all(struct queue *list)
{
	struct queue *pos;

	while ((pos = queue_pop_front(list)) != NULL)
		pending_free(queue_element(pos, struct pending, link));
}

/* Answer a read; consumes it. */
static void
answer(struct pending *pending, const char *buf, unsigned size)
{
	struct ipc_port *port = pending->reply_port;
	vm_map_copy_t copy;

	if (pending->inband)
		(void)ds_device_read_reply_inband(port, pending->reply_type,
		    D_SUCCESS, buf, size);
	else if (vm_map_copyin_kernel(buf, size, &copy) == KERN_SUCCESS)
		(void)ds_device_read_reply(port, pending->reply_type,
		    D_SUCCESS, (io_buf_ptr_t)copy, size, TRUE);
	else
		(void)ds_device_read_reply(port, pending->reply_type,
		    D_NO_MEMORY, NULL, 0, TRUE);
	kfree(pending, sizeof(*pending));
}

/*
 * The oldest live read and what was typed for it, *size > 0; or NULL, and a
 * wait for more is declared.
 */
static struct pending *
next_answer(char *buf, unsigned *size)
{
	struct pending *pending = NULL;
	struct queue dead, *first;

	queue_init(&dead);
	spin_lock(&pending_lock);
	collect_dead(&dead);
	first = queue_first(&pending_reads);
	if (first != &pending_reads)
		pending = queue_element(first, struct pending, link);
	if (pending == NULL) {
		assert_wait(&pending_reads, false);
	} else {
		*size = take_or_wait(buf, min_of(pending->size, INPUT_SIZE));
		if (*size > 0) {
			queue_remove(first);
			pending_count--;
		} else {
			pending = NULL;
		}
	}
	spin_unlock(&pending_lock);
	free_all(&dead);
	return pending;
}

/* The thread that answers reads. */
static void
console_thread(void)
{
	static char buf[INPUT_SIZE];	/* the thread's own */
	struct pending *pending;
	unsigned size;

	while ((pending = next_answer(buf, &size)) != NULL)
		answer(pending, buf, size);
	(void)thread_block(console_thread);
}

/* Queue a read; the device has the reply port from then on. */
static kern_return_t
wait_for_input(const struct device_request *request)
{
	struct pending *pending = kalloc(sizeof(*pending));
	kern_return_t kr = D_IO_QUEUED;
	struct queue dead;

	if (pending == NULL)
		return D_NO_MEMORY;
	pending->reply_port = request->reply_port;
	pending->reply_type = request->reply_type;
	pending->size = request->size;
	pending->inband = request->inband;
	queue_init(&dead);

	spin_lock(&pending_lock);
	collect_dead(&dead);
	if (pending_count < PENDING_MAX) {
		queue_push_back(&pending_reads, &pending->link);
		pending_count++;
	} else {
		kr = D_NO_MEMORY;
	}
	spin_unlock(&pending_lock);
	thread_wakeup(&pending_reads);
	free_all(&dead);
	if (kr != D_IO_QUEUED)
		kfree(pending, sizeof(*pending));
	return kr;
}

/* ---- the device ---- */

static kern_return_t
console_read_size(struct device *device, const struct device_request *request,
    unsigned *size)
{
	if (*size == 0)
		return D_INVALID_SIZE;
	*size = min_of(*size, INPUT_SIZE);
	return D_SUCCESS;
}

static kern_return_t
console_read(struct device *device, const struct device_request *request,
    void *buf, unsigned *size)
{
	bool others;

	spin_lock(&pending_lock);
	others = !queue_empty(&pending_reads);
	*size = others ? 0 : take(buf, *size);
	spin_unlock(&pending_lock);
	if (*size > 0)
		return D_SUCCESS;
	if (request->mode & D_NOWAIT)
		return D_WOULD_BLOCK;
	if (!IP_VALID(request->reply_port))
		return D_IO_QUEUED;	/* nobody could be told */
	return wait_for_input(request);
}

/* In pieces, giving way to others in between: a serial line is slow. */
static kern_return_t
console_device_write(struct device *device,
    const struct device_request *request, unsigned *written)
{
	char buf[PIECE_SIZE];
	unsigned done = 0;

	while (done < request->size) {
		unsigned piece = min_of(request->size - done, PIECE_SIZE);
		kern_return_t kr = device_source_read(&request->source, done,
		    buf, piece);

		if (kr != D_SUCCESS)
			return kr;
		console_write(buf, piece);
		done += piece;
		if (current_thread()->ast & AST_PREEMPT)
			(void)thread_block(NULL);
	}
	*written = done;
	return D_SUCCESS;
}

static kern_return_t
console_get_status(struct device *device, dev_flavor_t flavor, int *status,
    mach_msg_type_number_t *count)
{
	struct tty_status *tty = (struct tty_status *)status;

	if (flavor != TTY_STATUS)
		return D_INVALID_OPERATION;
	if (*count < TTY_STATUS_COUNT)
		return D_INVALID_OPERATION;
	tty->tt_ispeed = SPEED_9600;
	tty->tt_ospeed = SPEED_9600;
	tty->tt_breakc = 0;
	tty->tt_flags = tty_flags;
	*count = TTY_STATUS_COUNT;
	return D_SUCCESS;
}

/* A change of mode ends the line that is being typed. */
static void
set_flags(int flags)
{
	bool were_on = spin_lock_intr(&tty_lock);

	tty_flags = flags;
	ready = tail;
	spin_unlock_intr(&tty_lock, were_on);
	thread_wakeup(&ready);
}

static void
flush_input(void)
{
	bool were_on = spin_lock_intr(&tty_lock);

	head = ready = tail;
	spin_unlock_intr(&tty_lock, were_on);
}

/* Speeds are accepted and change nothing; output is never stopped. */
static kern_return_t
console_set_status(struct device *device, dev_flavor_t flavor,
    const int *status, mach_msg_type_number_t count)
{
	switch (flavor) {
	case TTY_STATUS:
		if (count < TTY_STATUS_COUNT)
			return D_INVALID_OPERATION;
		set_flags(((const struct tty_status *)status)->tt_flags);
		return D_SUCCESS;
	case TTY_FLUSH:
		if (count < TTY_FLUSH_COUNT)
			return D_INVALID_OPERATION;
		if (status[0] == 0 || (status[0] & D_READ))
			flush_input();
		return D_SUCCESS;
	case TTY_STOP:
	case TTY_START:
		return D_SUCCESS;
	default:
		return D_INVALID_OPERATION;
	}
}

static const struct device_ops console_ops = {
	.read_size = console_read_size,
	.read = console_read,
	.write = console_device_write,
	.get_status = console_get_status,
	.set_status = console_set_status,
};

void
console_start(void)
{
	static struct device console = {
		.name = "console",
		.ops = &console_ops,
	};

	device_add(&console);
	(void)kernel_thread("console", console_thread);
}
