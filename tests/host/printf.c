/*
 * tests/host/printf.c - what the kernel's printing makes of its formats.
 *
 * HOST_SRCS: kern/printf.c kern/lock.c
 */
#include <string.h>

#include <kernel.h>

#include <kern/console.h>
#include <machine/machine.h>

static char output[1000];
static unsigned printed;

void
machine_console_putc(int c)
{
	if (printed < sizeof(output) - 1)
		output[printed++] = c;
}

/* Whether that came out since the last time. */
static bool
came(const char *expected)
{
	bool same;

	output[printed] = '\0';
	same = strcmp(output, expected) == 0;
	if (!same)
		printf("# came: %s\n", output);
	printed = 0;
	return same;
}

int
main(void)
{
	char small[6];

	kprintf("%d|%i|%5d|%-5d|%05d|%u\n", -42, 0x80000000, -42, -42, -42,
	    0xffffffffu);
	result(came("-42|-2147483648|  -42|-42  |-0042|4294967295\n"),
	    "decimals");
	kprintf("%x|%X|%08x|%#lx|%o|%p", 0xabcu, 0xabcu, 0xabcu, 255ul, 8u,
	    (void *)0xc0100000);
	result(came("abc|ABC|00000abc|0xff|10|c0100000"), "other bases");
	kprintf("%llx|%lld|%llu|%zu", 0x123456789abcdefull, -5000000000ll,
	    18446744073709551615ull, sizeof(int));
	result(came("123456789abcdef|-5000000000|18446744073709551615|4"),
	    "long numbers");
	kprintf("%s|%5s|%-5s|%.2s|%5.1s|%*d|%c|%%", "ab", "ab", "ab", "abc",
	    "abc", 4, 7, 'z');
	result(came("ab|   ab|ab   |ab|    a|   7|z|%"), "strings");
	result(ksnprintf(small, sizeof(small), "%s", "longer") == 6 &&
	    strcmp(small, "longe") == 0, "a buffer that is too small");
	result(ksnprintf(NULL, 0, "%d", 123) == 3, "no buffer");
	console_write("a\nb", 3);
	result(came("a\nb"), "plain writing");
	plan();
	return 0;
}
