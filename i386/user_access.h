/*
 * i386/user_access.h - short messages between user memory and the kernel, in
 * line; included as <machine/user_access.h>.
 *
 * As copyin and copyout (machine/cpu.h): may sleep, no spin lock held.  False
 * if the memory is not there or not the user's; part may have been copied.
 */
#ifndef I386_USER_ACCESS_H
#define I386_USER_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include <ipc/mach_msg_args.h>
#include <machine/copy.h>
#include <machine/cpu.h>

#define USER_HEADER_LAST	(KERNEL_BASE - 24u)

/* The words of a message's header that its sender fills in. */
static inline bool
user_header_read(struct mach_msg_call *call)
{
	const void *user = call->args.msg;

	if (unlikely((uintptr_t)user > USER_HEADER_LAST))
		return false;
	user_access_begin();
	__asm__ goto volatile("801:\n\t"
	    "movl (%4), %0\n\t"
	    "movl 8(%4), %1\n\t"
	    "movl 12(%4), %2\n\t"
	    "movl 20(%4), %3\n"
	    USER_ACCESS_TABLE
	    : "=&r" (call->bits), "=&r" (call->remote), "=&r" (call->local),
	    "=&r" (call->id)
	    : "r" (user) : : fault);
	user_access_end();
	return true;
fault:
	user_access_end();
	return false;
}

#define USER_STORE(word, value)						\
	__asm__ goto volatile("801: movl %1, " #word "*4(%0)\n"		\
	    USER_ACCESS_TABLE						\
	    : : "r" (user), "ri" (value) : "memory" : fault)

/* All six. */
static inline bool
user_header_write(void *user, uint32_t bits, uint32_t size, uint32_t remote,
    uint32_t local, uint32_t seqno, uint32_t id)
{
	if (unlikely((uintptr_t)user > USER_HEADER_LAST))
		return false;
	user_access_begin();
	USER_STORE(0, bits);
	USER_STORE(1, size);
	USER_STORE(2, remote);
	USER_STORE(3, local);
	USER_STORE(4, seqno);
	USER_STORE(5, id);
	user_access_end();
	return true;
fault:
	user_access_end();
	return false;
}

/*
 * One word, between user_access_begin and user_access_end, without a wait:
 * false also if that would need one.  Any locks may be held, interrupts may be
 * off.  The caller has looked at the address.
 */
static inline __attribute__((always_inline)) bool
user_word_write_nofault(uint32_t *user, uint32_t value)
{
	__asm__ goto volatile("801: movl %1, %0\n"
	    USER_ACCESS_TABLE_NOFAULT
	    : : "m" (*user), "ri" (value) : "memory" : fault);
	return true;
fault:
	return false;
}

/* Copy words; to and from go on; table: what a fault does, who goes to "fault". */
#define USER_WORDS(to, from, words, table)				\
	__asm__ goto volatile("801: rep; movsl\n" table			\
	    : "+D" (to), "+S" (from), "+c" (words) : : "memory" : fault)

/* The body of a function that copies words. */
#define USER_WORDS_COPY(to, from, words, table)				\
	do {								\
		user_access_begin();					\
		USER_WORDS(to, from, words, table);			\
		user_access_end();					\
		return true;						\
	fault:								\
		user_access_end();					\
		return false;						\
	} while (0)

/* Between any memory and the user's, which has been looked at. */
static inline __attribute__((always_inline)) bool
user_words_copy(void *to, const void *from, uint32_t words)
{
	USER_WORDS_COPY(to, from, words, USER_ACCESS_TABLE);
}

/* The same without a wait, as user_word_write_nofault. */
static inline __attribute__((always_inline)) bool
user_words_read_nofault(const void *user, void *to, uint32_t words)
{
	USER_WORDS_COPY(to, user, words, USER_ACCESS_TABLE_NOFAULT);
}

/* The same to two places, one part after the other. */
static inline __attribute__((always_inline)) bool
user_words_read_two_nofault(const void *user, void *to, uint32_t words,
    void *next, uint32_t more)
{
	user_access_begin();
	USER_WORDS(to, user, words, USER_ACCESS_TABLE_NOFAULT);
	USER_WORDS(next, user, more, USER_ACCESS_TABLE_NOFAULT);
	user_access_end();
	return true;
fault:
	user_access_end();
	return false;
}

/* Whole words of a body, in order; size in bytes, at most a message's. */
static inline __attribute__((always_inline)) bool
user_words_read(const void *user, void *to, uint32_t size)
{
	return likely((uintptr_t)user <= KERNEL_BASE - size) &&
	    user_words_copy(to, user, size / sizeof(uint32_t));
}

static inline __attribute__((always_inline)) bool
user_words_write(void *user, const void *from, uint32_t size)
{
	return likely((uintptr_t)user <= KERNEL_BASE - size) &&
	    user_words_copy(user, from, size / sizeof(uint32_t));
}

#endif
