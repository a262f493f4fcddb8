/*
 * bench/bench.h - what a benchmark is made of.
 *
 * A benchmark is a function that measures one or more figures and reports
 * each under a name GROUP.CASE, which bench/rows explains.  Time is rdtsc,
 * which under QEMU's -icount counts executed instructions, so that what is
 * timed must neither print nor wait for anything but the kernel.
 *
 *	BENCH(trap)
 *	{
 *		start = bench_now();
 *		...
 *		bench_figure("trap.self", bench_now() - start, rounds);
 *	}
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/mach.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_traps.h>
#include <mach/message.h>

struct bench {
	const char	*name;		/* the group's */
	void		(*run)(void);
};

#define BENCH(group_name)						\
	static void bench_##group_name(void);				\
	static const struct bench group_##group_name			\
	    __attribute__((section("bench_list"), used, no_reorder,	\
	    aligned(4))) = { #group_name, bench_##group_name };		\
	static void bench_##group_name(void)

#define PAGE		4096u
#define KB		1024u
#define MB		(1024u * 1024u)

/* --large: memory enough for the largest cases, on a kernel that can. */
extern bool bench_large;
extern mach_port_t bench_host_port;

/* Report the average of count operations that took total; 0 means failure. */
void	bench_figure(const char *name, uint64_t total, unsigned count);
/* Report a plain number. */
void	bench_count(const char *name, int number);
/* Report GROUP.CASE with a number for its case. */
void	bench_figure_at(const char *group, unsigned number, uint64_t total,
	    unsigned count);

/*
 * Leave the benchmark if a call fails: it says so on the console and its
 * figures from there on are missing.
 */
#define BENCH_TRY(call)							\
	do {								\
		kern_return_t kr_ = (call);				\
		if (kr_ != KERN_SUCCESS) {				\
			bench_failed(#call, kr_);			\
			return;						\
		}							\
	} while (0)
void	bench_failed(const char *what, kern_return_t kr);

/* Instructions executed so far. */
static inline uint64_t
bench_now(void)
{
	return __builtin_ia32_rdtsc();
}

/* Free pages of the machine, once what is being ended has had time to end. */
unsigned bench_free_pages(void);

/* Touch one word of each page. */
void	bench_read_pages(vm_address_t addr, unsigned pages);
void	bench_write_pages(vm_address_t addr, unsigned pages);

/* rpc.c: a client and its server. */
#define RPC_NULL	0	/* msgh_id: what the server does with the body */
#define RPC_DROP	1	/* frees the memory in it */
#define RPC_READ	2	/* reads each page first */
#define RPC_WRITE	3	/* writes each page first */

struct rpc_message {
	mach_msg_header_t head;
	union {
		struct {
			mach_msg_type_long_t type;
			char		   data[4 * KB];
		} inl;
		struct {
			mach_msg_type_long_t type;
			vm_address_t	   data;
		} ool;
	} body;
};

struct rpc {
	mach_port_t	port;		/* send right to the server */
	mach_port_t	reply;
	task_t		task;		/* the server's, or null: a thread */
	mach_port_t	receive;	/* what it receives on */
};

/* A server that is a thread here and receives on a port or set of ours. */
kern_return_t rpc_thread(struct rpc *rpc, mach_port_t receive);
/* The same on a new port. */
kern_return_t rpc_thread_port(struct rpc *rpc);
/* A server in a task of its own. */
kern_return_t rpc_task(struct rpc *rpc);
void	rpc_end(struct rpc *rpc);
/* A port with a send right by the same name. */
kern_return_t rpc_port(mach_port_t *port);

/* Instructions that rounds calls take, after as many to warm up; 0: failed. */
uint64_t rpc_time(struct rpc *rpc, struct rpc_message *msg,
	    mach_msg_size_t size, mach_msg_bits_t bits, mach_msg_id_t id,
	    unsigned rounds);
uint64_t rpc_time_null(struct rpc *rpc, unsigned rounds);

#endif
