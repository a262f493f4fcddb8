/*
 * kern/host.h - the host, its ports, and the default processor set.
 */
#ifndef KERN_HOST_H
#define KERN_HOST_H

#include <kern/types.h>

struct ipc_port;
struct processor_set;

struct host {
	/* fixed after boot: naked receive rights of the kernel */
	struct ipc_port *host_self;	/* unprivileged */
	struct ipc_port *host_priv_self;
};

extern struct host realhost;

void	host_bootstrap(void);	/* the ports of host, processors and set; after ipc */
void	host_load_sample(void);	/* each second, on the clock interrupt */
unsigned processors_running(void);

/* Averages over 5, 30 and 60 s, of LOAD_SCALE; written by one processor. */
extern int	host_load[3];		/* threads running or ready */
extern int	host_mach_factor[3];	/* what one thread more would get */

/* options are host_reboot's RB_*; implemented by the machine. */
void	machine_reboot(int options) __attribute__((noreturn));

extern const char kernel_version[];	/* "Duality 0.1: ..." */

#endif
