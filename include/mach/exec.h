/*
 * mach/exec.h - why a program image cannot be loaded.
 */
#ifndef MACH_EXEC_H
#define MACH_EXEC_H

#define EX_NOT_EXECUTABLE	6000
#define EX_WRONG_ARCH		6001
#define EX_CORRUPT		6002
#define EX_BAD_LAYOUT		6003

#endif
