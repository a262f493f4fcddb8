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
void	host_load_sample(void);	/* load averages; each second, on the clock interrupt */

/* options are host_reboot's RB_*; implemented by the machine. */
void	machine_reboot(int options) __attribute__((noreturn));

extern const char kernel_version[];	/* "Duality 0.1: ..." */

#endif
