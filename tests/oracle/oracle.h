/*
 * tests/oracle/oracle.h - random calls whose results two kernels must agree on.
 *
 * A run is made of rounds.  A round has a seed and so many operations of one
 * part (rights, memory); it begins with nothing and leaves nothing.  Each
 * operation draws its arguments, makes its calls, and says what it asked and
 * what came back, in words that hold no name, address or time that a kernel
 * may choose.
 */
#ifndef TESTS_ORACLE_ORACLE_H
#define TESTS_ORACLE_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_traps.h>
#include <mach/message.h>
#include <mach/vm_param.h>

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

struct part {
	const char	*name;
	void		(*begin)(void);
	void		(*operate)(void);
	void		(*show)(void);	/* all state there is to see */
	void		(*finish)(void);
};

extern const struct part rights_part, memory_part;
extern mach_port_t oracle_host;		/* privileged */

/* say.c: what was said, as text or only as a hash; what is drawn. */
extern bool say_text;
void	say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* End the line. */
void	say_line(void);
/* A hash of all that was said since the last call. */
uint32_t say_hash(void);
uint32_t hash_bytes(const void *data, size_t size);
/* A line for the host, not part of what is compared. */
void	report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The harness itself cannot go on. */
void	give_up(const char *what, kern_return_t kr) __attribute__((noreturn));
void	must(const char *what, kern_return_t kr);

void	draw_seed(uint32_t seed);
uint32_t draw(uint32_t limit);		/* 0 to limit - 1 */
bool	one_in(uint32_t chances);
#define DRAW_OF(array)	((array)[draw(COUNT(array))])
/* Do one of several things, each as often as its weight says. */
struct operation {
	unsigned	weight;
	void		(*operate)(void);
};
void	draw_operation(const struct operation *operations, size_t count);

/* children.c: this task and copies of it, which act when told. */
#define SPACES		3
#define BUFFER_WORDS	1024
#define BULK_SIZE	16384

struct trap {
	vm_address_t	   msg;
	mach_msg_option_t  option;
	mach_msg_size_t	   send_size;
	mach_msg_size_t	   rcv_size;
	mach_port_t	   rcv_name;
	mach_port_t	   notify;
};

/* Memory that all of them share. */
struct common {
	struct trap	trap;
	mach_msg_return_t result;
	union {
		uint32_t	  words[BUFFER_WORDS];
		mach_msg_header_t head;
	} buffer;
	uint32_t	bulk[BULK_SIZE / 4];
};

extern struct common *common;
void	common_allocate(void);
extern task_t child_task[SPACES];	/* 0 is this task */
void	child_start(int space);
void	child_end(int space);
/* mach_msg_trap with common->trap, without waiting, by the task of space. */
mach_msg_return_t child_trap(int space);
/* Read or write a word, which must be there, by the task of space. */
uint32_t child_peek(int space, vm_address_t addr);
void	child_poke(int space, vm_address_t addr, uint32_t word);

/* names.c: words for the names in each space. */
#define NAME_NOBODY	((mach_port_t)0x51234567)	/* never a right */
void	names_begin(int space);
/* A word for a name; a new one if there is none and it may be new. */
const char *name_label(int space, mach_port_t name);
const char *name_known(int space, mach_port_t name);
bool	name_is_seen(int space, mach_port_t name);
void	name_keep(int space, mach_port_t name, const char *label);
void	name_release(int space, mach_port_t name);	/* kept no longer */
bool	name_is_kept(int space, mach_port_t name);
void	name_forget(int space, mach_port_t name);
/*
 * Around a call that takes names away and brings others, which may be the same
 * numbers: forget them before looking at what came; those that are still
 * there afterwards get new words.
 */
void	names_take(int space, const mach_port_t *names, unsigned count);
void	names_return(int space, const mach_port_t *names, unsigned count);
void	name_change(int space, mach_port_t from, mach_port_t to);
bool	names_crowded(int space);
unsigned names_count(int space);
mach_port_t name_at(int space, unsigned index);
mach_port_type_t name_type_at(int space, unsigned index);
mach_port_type_t name_type(int space, mach_port_t name);
void	names_sweep(int space);		/* look which are left, and as what */
/* Some name, rather one whose type has one of the bits wanted. */
mach_port_t name_draw(int space, mach_port_type_t wanted);
/* The same for calls that might take a name away that the harness needs. */
mach_port_t name_draw_victim(int space, mach_port_type_t wanted);
mach_port_t name_draw_new(int space);	/* one that a user may choose */

/* messages.c: one message, drawn by the rules of space, sent or received. */
void	message_send(int space);
void	message_receive(int space);
void	messages_begin(void);

/* notices.c: notifications. */
void	notices_begin(void);
void	notices_end(void);
/* The port that a notification of that id about a name of space should go to. */
mach_port_t notices_port(int space, mach_msg_id_t id);
void	notices_named(void);		/* show those that tell names */
void	notices_bringing(void);		/* show those that bring rights */

#endif
