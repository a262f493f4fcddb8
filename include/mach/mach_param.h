/*
 * mach/mach_param.h - limits that user programs know.
 */
#ifndef MACH_MACH_PARAM_H
#define MACH_MACH_PARAM_H

#define TASK_PORT_REGISTER_MAX	4	/* slots of mach_ports_register */

#endif
