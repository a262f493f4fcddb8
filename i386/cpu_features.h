/*
 * i386/cpu_features.h - what this processor can do, and setting it up.
 */
#ifndef I386_CPU_FEATURES_H
#define I386_CPU_FEATURES_H

#include <stdbool.h>

/* Fixed before pmap_bootstrap; the same on every processor. */
struct cpu_features {
	bool nx, smep, smap;		/* protection */
	bool pge;			/* global pages */
	bool fxsr, sse;			/* FPU state by FXSAVE; SSE */
	bool tsc, apic, sysenter;
	char name[49];
};

extern struct cpu_features cpu_features;

/* On the first processor; also fits the kernel's text to SMAP. */
void	cpu_identify(void);
/* On each: control registers and EFER, before the kernel's own tables. */
void	cpu_enable_features(void);

#endif
