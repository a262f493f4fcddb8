/*
 * mach/error.h - the parts of an error code: system, subsystem, code.
 */
#ifndef MACH_ERROR_H
#define MACH_ERROR_H

#include <mach/kern_return.h>

typedef kern_return_t mach_error_t;

#define err_none		((mach_error_t) 0)
#define ERR_SUCCESS		((mach_error_t) 0)

#define err_system(x)		((mach_error_t) (((x) & 0x3fU) << 26))
#define err_sub(x)		(((x) & 0xfff) << 14)
#define err_get_system(err)	(((unsigned int) (err) >> 26) & 0x3f)
#define err_get_sub(err)	(((unsigned int) (err) >> 14) & 0xfff)
#define err_get_code(err)	((err) & 0x3fff)

#define err_kern		err_system(0x00)
#define err_us			err_system(0x01)
#define err_server		err_system(0x02)
#define err_ipc			err_system(0x03)
#define err_mach_ipc		err_system(0x04)
#define err_bootstrap		err_system(0x05)
#define err_hurd		err_system(0x10)
#define err_local		err_system(0x3e)
#define err_ipc_compat		err_system(0x3f)

#define err_max_system		0x3f

#endif
