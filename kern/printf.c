/*
 * kern/printf.c - formatted printing, and the way out to the console.
 *
 * Owns:       the console lock.  The machine's machine_console_putc writes
 *             one character and is called nowhere else.
 * Locks:      LOCK_CONSOLE, the innermost of all: so anybody may print.
 * Invariant:  what one kprintf prints, or one line of console_write, is not
 *             mixed with the output of another processor.
 */
#include <kern/console.h>
#include <kern/debug.h>
#include <kern/lock.h>
#include <kern/string.h>
#include <kern/types.h>
#include <machine/machine.h>

#define CONSOLE_CHUNK	256		/* bytes with interrupts off */
#define DIGITS_MAX	22		/* a 64-bit number in octal */

static struct spinlock console_lock = SPINLOCK_INIT(LOCK_CONSOLE);
static volatile bool console_panicking;

/* Where formatted characters go: a buffer, or the console if buf is NULL. */
struct sink {
	char	*buf;
	size_t	 size;
	size_t	 count;		/* characters produced, stored or not */
};

/* One conversion: %[-0#][width][.precision][l|ll]letter. */
struct format {
	bool	 left, zero, prefix;
	unsigned width;
	unsigned precision;	/* of strings: characters at most */
	unsigned longs;
};

static bool
console_acquire(void)
{
	if (console_panicking)
		return intr_disable();
	return spin_lock_intr(&console_lock);
}

static void
console_release(bool were_on)
{
	if (console_panicking)
		intr_restore(were_on);
	else
		spin_unlock_intr(&console_lock, were_on);
}

void
console_panic(void)
{
	console_panicking = true;
}

void
console_write(const char *s, size_t n)
{
	while (n > 0) {
		size_t room = min_of(n, (size_t)CONSOLE_CHUNK);
		size_t i = 0;
		bool were_on = console_acquire();

		do
			machine_console_putc(s[i]);
		while (s[i++] != '\n' && i < room);
		console_release(were_on);
		s += i;
		n -= i;
	}
}

static void
sink_put(struct sink *sink, char c)
{
	if (sink->buf == NULL)
		machine_console_putc(c);
	else if (sink->count + 1 < sink->size)
		sink->buf[sink->count] = c;
	sink->count++;
}

static void
sink_pad(struct sink *sink, char c, unsigned used, unsigned width)
{
	for (; used < width; used++)
		sink_put(sink, c);
}

static void
put_string(struct sink *sink, const struct format *f, const char *s,
    size_t len)
{
	if (!f->left)
		sink_pad(sink, ' ', len, f->width);
	for (size_t i = 0; i < len; i++)
		sink_put(sink, s[i]);
	if (f->left)
		sink_pad(sink, ' ', len, f->width);
}

static void
put_number(struct sink *sink, const struct format *f, uint64_t value,
    bool negative, unsigned base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[DIGITS_MAX + 3];	/* and a sign or 0x */
	char *p = text + sizeof(text);
	char *end = p;
	uint32_t digit;

	do {
		value = divide_u64(value, base, &digit);
		*--p = digits[digit];
	} while (value != 0);
	if (f->prefix && base == 16) {
		*--p = 'x';
		*--p = '0';
	}
	if (f->zero && !f->left) {
		unsigned used = end - p + negative;

		if (negative)
			sink_put(sink, '-');
		sink_pad(sink, '0', used, f->width);
	} else if (negative)
		*--p = '-';
	put_string(sink, &(struct format){ .left = f->left,
	    .width = f->zero && !f->left ? 0 : f->width }, p, end - p);
}

/* A number, or a star for the next argument; none leaves *number. */
static const char *
parse_number(unsigned *number, const char *fmt, va_list *args)
{
	if (*fmt == '*') {
		*number = va_arg(*args, unsigned);
		return fmt + 1;
	}
	if (*fmt >= '0' && *fmt <= '9')
		*number = 0;
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		*number = *number * 10 + (*fmt - '0');
	return fmt;
}

static const char *
parse_format(struct format *f, const char *fmt, va_list *args)
{
	*f = (struct format){ 0 };
	for (;; fmt++) {
		if (*fmt == '-')
			f->left = true;
		else if (*fmt == '0')
			f->zero = true;
		else if (*fmt == '#')
			f->prefix = true;
		else
			break;
	}
	f->precision = ~0u;
	fmt = parse_number(&f->width, fmt, args);
	if (*fmt == '.')
		fmt = parse_number(&f->precision, fmt + 1, args);
	for (; *fmt == 'l' || *fmt == 'z'; fmt++)
		f->longs += *fmt == 'l';
	return fmt;
}

static void
put_signed(struct sink *sink, const struct format *f, int64_t value)
{
	bool negative = value < 0;

	put_number(sink, f, negative ? -(uint64_t)value : (uint64_t)value,
	    negative, 10, false);
}

/* The conversion that letter names, its argument taken from args. */
static void
put_conversion(struct sink *sink, struct format *f, char letter,
    va_list *args)
{
	const char *s;
	char c;

	switch (letter) {
	case 'd':
	case 'i':
		put_signed(sink, f, f->longs > 1 ? va_arg(*args, int64_t) :
		    va_arg(*args, int32_t));
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_number(sink, f, f->longs > 1 ? va_arg(*args, uint64_t) :
		    va_arg(*args, uint32_t), false,
		    letter == 'u' ? 10 : letter == 'o' ? 8 : 16, letter == 'X');
		break;
	case 'p':
		f->zero = true;
		f->width = 2 * sizeof(void *);
		put_number(sink, f, (uintptr_t)va_arg(*args, void *), false,
		    16, false);
		break;
	case 's':
		s = va_arg(*args, const char *);
		if (s == NULL)
			s = "(null)";
		put_string(sink, f, s, strnlen(s, f->precision));
		break;
	case 'c':
		c = va_arg(*args, int);
		put_string(sink, f, &c, 1);
		break;
	default:
		sink_put(sink, letter);	/* %% and what we do not know */
	}
}

static void
format_to(struct sink *sink, const char *fmt, va_list args)
{
	struct format f;
	va_list ap;

	va_copy(ap, args);
	for (; *fmt != '\0'; fmt++) {
		if (*fmt != '%') {
			sink_put(sink, *fmt);
			continue;
		}
		fmt = parse_format(&f, fmt + 1, &ap);
		if (*fmt == '\0')
			break;
		put_conversion(sink, &f, *fmt, &ap);
	}
	va_end(ap);
}

int
kvprintf(const char *fmt, va_list args)
{
	struct sink sink = { NULL, 0, 0 };
	bool were_on = console_acquire();

	format_to(&sink, fmt, args);
	console_release(were_on);
	return sink.count;
}

int
kprintf(const char *fmt, ...)
{
	va_list args;
	int count;

	va_start(args, fmt);
	count = kvprintf(fmt, args);
	va_end(args);
	return count;
}

/* As C's snprintf: always terminates, returns what full space would take. */
int
ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	char none[1];
	struct sink sink = { size != 0 ? buf : none, size, 0 };
	va_list args;

	va_start(args, fmt);
	format_to(&sink, fmt, args);
	va_end(args);
	if (size != 0)
		buf[min_of(sink.count, size - 1)] = '\0';
	return sink.count;
}
