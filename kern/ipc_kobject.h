/*
 * kern/ipc_kobject.h - kernel objects behind ports, and the way from one to
 * the other that MIG's stubs use.
 *
 * convert_port_to_X: port may be NULL or dead (then NULL); borrows the right;
 * returns a reference that X_deallocate (NULL allowed) drops.
 * convert_X_to_port: consumes a reference of the object; returns a send right,
 * NULL if the object is dead.
 */
#ifndef KERN_IPC_KOBJECT_H
#define KERN_IPC_KOBJECT_H

#include <kern/types.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig_errors.h>

struct device;
struct host;
struct ipc_kmsg;
struct ipc_port;
struct ipc_space;
struct processor;
struct processor_set;
struct task;
struct thread;
struct vm_map;
struct vm_object;

enum kobject_type {
	KOBJECT_NONE,
	KOBJECT_TASK,
	KOBJECT_THREAD,
	KOBJECT_HOST,
	KOBJECT_HOST_PRIV,
	KOBJECT_PROCESSOR,
	KOBJECT_PSET,
	KOBJECT_PSET_NAME,
	KOBJECT_PAGER,			/* a memory object port somebody else receives on */
	KOBJECT_PAGING_REQUEST,		/* memory object control */
	KOBJECT_PAGING_NAME,		/* memory object name */
	KOBJECT_DEVICE,
	KOBJECT_DEVICE_MASTER,
	KOBJECT_TIMER,
	KOBJECT_PROXY,			/* part of a memory object: vm/vm_proxy.c */
	KOBJECT_TYPES
};

/*
 * Serve a message sent to a kernel port in the sender's thread.  Consumes
 * request.  Returns the reply to be sent, or NULL.
 */
struct ipc_kmsg	*ipc_kobject_server(struct ipc_kmsg *request);

/*
 * The same where request and reply lie on the caller's stack.  The request's
 * rights and memory are consumed.  KERN_SUCCESS: what out has is to be sent;
 * MIG_NO_REPLY: there is nobody to send it to, and nothing in it.  Not for
 * notifications.
 */
kern_return_t	 ipc_kobject_serve(mach_msg_header_t *in,
		    mig_reply_header_t *out);
/*
 * An empty reply to request, with the reply right borrowed from it.  Cleared up
 * to room, since stubs leave the padding of strings and short arrays as it is.
 */
void		 ipc_kobject_reply_init(mig_reply_header_t *reply,
		    const mach_msg_header_t *request, mach_msg_size_t room);
/* The room that a reply to a request of this id needs, in bytes. */
mach_msg_size_t	 ipc_kobject_reply_room(mach_msg_id_t id);

#define KOBJECT_REPLY_SMALL	256u

struct kobject_answer {
	mig_reply_header_t head;
	char		   body[KOBJECT_REPLY_SMALL - sizeof(mig_reply_header_t)];
};

/* The descriptor of a reply's code, as stubs expect it. */
#define KOBJECT_CODE_TYPE	((mach_msg_type_t){			\
	.msgt_name = MACH_MSG_TYPE_INTEGER_32, .msgt_size = 32,	\
	.msgt_number = 1, .msgt_inline = TRUE })

#define KOBJECT_ID_MIN		2000u		/* ids that the kernel serves */
#define KOBJECT_IDS		4128u
#define KOBJECT_SHORT_IDS	1232u		/* the first of them */
#define KOBJECT_REPLY_SHORT	64u		/* bytes */

struct kobject_reply {
	mig_reply_header_t head;
	char		   body[KOBJECT_REPLY_SHORT - sizeof(mig_reply_header_t)];
};

extern mig_routine_t kobject_short[KOBJECT_SHORT_IDS];	/* fixed after boot */

void		 ipc_kobject_bootstrap(void);

/*
 * The stub that serves messages of this id if a simple one, lying anywhere,
 * will do for it, its reply is a struct kobject_reply, and answers before it
 * returns; else NULL.  Request and the right that it was sent to stay the
 * caller's, who has made out what of the reply's header the stub leaves.
 */
static inline mig_routine_t
ipc_kobject_short(mach_msg_id_t id)
{
	uint32_t index = (uint32_t)id - KOBJECT_ID_MIN;

	return likely(index < KOBJECT_SHORT_IDS) ? kobject_short[index] : NULL;
}

struct task	*convert_port_to_task(struct ipc_port *port);
struct thread	*convert_port_to_thread(struct ipc_port *port);
struct vm_map	*convert_port_to_map(struct ipc_port *port);
struct ipc_space *convert_port_to_space(struct ipc_port *port);
struct host	*convert_port_to_host(struct ipc_port *port);
struct host	*convert_port_to_host_priv(struct ipc_port *port);
struct processor *convert_port_to_processor(struct ipc_port *port);
struct processor_set *convert_port_to_pset(struct ipc_port *port);
struct processor_set *convert_port_to_pset_name(struct ipc_port *port);
struct device	*dev_port_lookup(struct ipc_port *port);

struct ipc_port	*convert_task_to_port(struct task *task);
struct ipc_port	*convert_thread_to_port(struct thread *thread);
struct ipc_port	*convert_host_to_port(struct host *host);
struct ipc_port	*convert_processor_to_port(struct processor *processor);
struct ipc_port	*convert_pset_to_port(struct processor_set *pset);
struct ipc_port	*convert_pset_name_to_port(struct processor_set *pset);

void		 task_deallocate(struct task *task);
void		 thread_deallocate(struct thread *thread);
void		 vm_map_deallocate(struct vm_map *map);
void		 space_deallocate(struct ipc_space *space);
void		 pset_deallocate(struct processor_set *pset);
void		 device_deallocate(struct device *device);

struct vm_object *vm_object_lookup(struct ipc_port *control);
struct vm_object *vm_object_lookup_name(struct ipc_port *name);
void		 vm_object_deallocate(struct vm_object *object);

#endif
