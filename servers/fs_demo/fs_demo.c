/*
 * servers/fs_demo/fs_demo.c - the program of the paper's section 4.1, run on
 * every file of the file server.
 *
 * It reads a file, changes bytes all over it in place, writes half of it back,
 * reads what is then stored, and throws its copy away; meanwhile a second
 * client (reader.c) reads the same file and must see none of that.  For each
 * file it prints one line, which tools/replay-demo checks on the host:
 *
 *   demo: size=BYTES before=CRC other=CRC again=CRC after=CRC
 *       stored_size=BYTES stored=CRC pages=N requests=N "NAME"
 *
 * before and after: our copy, before and after it was changed; other and
 * again: the second client's, while and after that; stored: what was written
 * back.  pages counts those touched in the file and in what was stored,
 * requests the data requests that the server answered.  Then comes a line of
 * sums, and the machine is started anew, or halted if something was wrong.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <mach/host_reboot.h>
#include <mach/mach.h>
#include <mach/mach_host.h>
#include <mach/mach_init.h>
#include <mach/vm_param.h>
#include <mach_error.h>
#include <servers/bootstrap.h>
#include <servers/fs.h>

#include "cksum.h"
#include "reader.h"

struct file_data {
	vm_offset_t		data;
	mach_msg_type_number_t	size;
};

/* What one file came to; see above. */
struct result {
	unsigned int		size, stored_size;
	unsigned int		before, after, stored;
	struct reader_sum	other, again;
	unsigned int		pages, requests;
};

struct sums {
	unsigned int	files;
	uint64_t	bytes;
	unsigned int	requests;
	unsigned int	pages;
	boolean_t	wrong;
};

static mach_port_t host_priv;
static mach_port_t file_server;

/*
 * The random numbers, which tools/replay-demo makes again: x becomes
 * x * 1664525 + 1013904223 modulo 2^32, and stands for x / 2^32, in [0,1).
 */
static uint32_t random_state;

static void
random_start(unsigned int file_index)
{
	random_state = 1987 + file_index * 2654435769U;
}

/* (int) (limit * rand()) */
static uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * 1664525U + 1013904223U;
	return (uint64_t) random_state * limit >> 32;
}

static void
change_bytes(struct file_data *file, unsigned int file_index)
{
	unsigned char *bytes = (unsigned char *) file->data;
	uint32_t i;

	random_start(file_index);
	for (i = 0; i < file->size; i++)
		bytes[random_below(file->size)]++;
}

static uint32_t
file_cksum(const struct file_data *file)
{
	return cksum((const void *) file->data, file->size);
}

static unsigned int
file_pages(const struct file_data *file)
{
	return round_page(file->size) / PAGE_SIZE;
}

static void
file_drop(struct file_data *file)
{
	if (file->size != 0)
		vm_deallocate(mach_task_self(), file->data, file->size);
	file->size = 0;
}

/* Say which call failed, if it did. */
static boolean_t
ok(const char *call, kern_return_t kr)
{
	if (kr != KERN_SUCCESS)
		printf("demo: %s: %s (%d)\n", call, mach_error_string(kr), kr);
	return kr == KERN_SUCCESS;
}

/* In double quotes; bytes that could end the line or the quotes in octal. */
static void
name_print(const char *name)
{
	const unsigned char *at;

	putchar('"');
	for (at = (const unsigned char *) name; *at != '\0'; at++)
		if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
			printf("\\%03o", *at);
		else
			putchar(*at);
	printf("\"\n");
}

static unsigned int
requests_answered(void)
{
	natural_t requests = 0, bytes, objects;

	ok("fs_paging_statistics", fs_paging_statistics(file_server, &requests,
	    &bytes, &objects));
	return requests;
}

/*
 * The paper's program, and around it what shows its effect.  The reader has
 * its copy before we change ours: else, once we have copied every page, nobody
 * may need the originals, and the kernel would have to ask for them again.
 */
static boolean_t
file_work(const char *name, unsigned int index, struct result *r)
{
	struct file_data file, stored;

	r->requests = requests_answered();
	if (!ok("fs_read_file", fs_read_file(file_server, name, &file.data,
	    &file.size)))
		return FALSE;
	r->before = file_cksum(&file);
	if (!ok("reader_read", reader_read(name))
	    || !ok("reader_sum_begin", reader_sum_begin()))
		return FALSE;
	change_bytes(&file, index);
	if (!ok("reader_sum_wait", reader_sum_wait(&r->other)))
		return FALSE;
	r->after = file_cksum(&file);
	if (!ok("fs_write_file", fs_write_file(file_server, name, file.data,
	    file.size / 2))
	    || !ok("fs_read_file", fs_read_file(file_server, name,
	    &stored.data, &stored.size)))
		return FALSE;
	r->stored = file_cksum(&stored);
	if (!ok("reader_sum_begin", reader_sum_begin())
	    || !ok("reader_sum_wait", reader_sum_wait(&r->again))
	    || !ok("reader_drop", reader_drop()))
		return FALSE;
	r->size = file.size;
	r->stored_size = stored.size;
	r->pages = file_pages(&file) + file_pages(&stored);
	r->requests = requests_answered() - r->requests;
	file_drop(&stored);
	file_drop(&file);
	return TRUE;
}

static void
result_print(const struct result *r, const char *name)
{
	printf("demo: size=%u before=%u other=%u again=%u after=%u "
	    "stored_size=%u stored=%u pages=%u requests=%u ", r->size,
	    r->before, r->other.crc, r->again.crc, r->after, r->stored_size,
	    r->stored, r->pages, r->requests);
	name_print(name);
}

static boolean_t
result_is_right(const struct result *r)
{
	return r->other.crc == r->before && r->again.crc == r->before
	    && r->other.size == r->size && r->again.size == r->size
	    && r->stored_size == r->size / 2 && r->requests == r->pages;
}

static void
result_add(const struct result *r, struct sums *sums)
{
	sums->files++;
	sums->bytes += r->size;
	sums->requests += r->requests;
	sums->pages += r->pages;
	if (!result_is_right(r))
		sums->wrong = TRUE;
}

static void
files_work(struct sums *sums)
{
	vm_offset_t names;
	mach_msg_type_number_t size;
	struct result result;
	const char *name;

	sums->wrong = !ok("fs_list", fs_list(file_server, &names, &size));
	if (sums->wrong)
		return;
	for (name = (const char *) names; name < (const char *) names + size;
	    name += strlen(name) + 1) {
		if (!file_work(name, sums->files, &result)) {
			printf("demo: stopped at the file ");
			name_print(name);
			sums->wrong = TRUE;
			return;
		}
		result_print(&result, name);
		result_add(&result, sums);
	}
}

static boolean_t
ports_find(void)
{
	mach_port_t bootstrap, device;

	return ok("task_get_special_port", task_get_special_port(
	    mach_task_self(), TASK_BOOTSTRAP_PORT, &bootstrap))
	    && ok("bootstrap_privileged_ports", bootstrap_privileged_ports(
	    bootstrap, &host_priv, &device))
	    && ok("mach_console_open", mach_console_open(device))
	    && ok("bootstrap_look_up", bootstrap_look_up(bootstrap,
	    "file_server", &file_server));
}

int
main(void)
{
	struct sums sums = { 0 };

	if (ports_find() && ok("reader_start", reader_start()))
		files_work(&sums);
	else
		sums.wrong = TRUE;
	printf("demo: %u files, %llu bytes, %u data requests, "
	    "%u pages touched: %s\n", sums.files,
	    (unsigned long long) sums.bytes, sums.requests, sums.pages,
	    sums.wrong ? "WRONG" : "ok");
	fflush(stdout);
	ok("host_reboot", host_reboot(host_priv, sums.wrong ? RB_HALT :
	    RB_AUTOBOOT));
	return 1;
}
