/*
 * i386/cpu_features.c - find out what the processor can do and turn it on.
 *
 * Owns:       cpu_features, fixed before anything else runs.
 * Locks:      none.
 */
#include <kern/string.h>
#include <kern/types.h>
#include <machine/cpu_features.h>
#include <machine/machine.h>
#include <machine/regs.h>

struct cpu_features cpu_features;

/*
 * Places in kernel text that hold a three-byte no-op where a processor with
 * SMAP needs stac or clac; copy.h makes them.
 */
struct smap_site {
	uint8_t	*text;
	uint32_t opcode;
};
extern const struct smap_site smap_sites_start[], smap_sites_end[];

/* The text is still writable: pmap_bootstrap has not run. */
static void
smap_patch(void)
{
	for (const struct smap_site *s = smap_sites_start; s < smap_sites_end;
	    s++)
		memcpy(s->text, &s->opcode, 3);
}

static void
identify_name(void)
{
	uint32_t a, b, c, d;
	uint32_t *word = (uint32_t *)(void *)cpu_features.name;

	cpuid(0x80000000, &a, &b, &c, &d);
	if (a < 0x80000004) {
		cpuid(0, &a, &b, &c, &d);
		memcpy(cpu_features.name, &b, 4);
		memcpy(cpu_features.name + 4, &d, 4);
		memcpy(cpu_features.name + 8, &c, 4);
		return;
	}
	for (uint32_t leaf = 0x80000002; leaf <= 0x80000004; leaf++, word += 4)
		cpuid(leaf, &word[0], &word[1], &word[2], &word[3]);
}

const char *
machine_cpu_name(void)
{
	const char *name = cpu_features.name;

	while (*name == ' ')
		name++;
	return name;
}

/* The first Pentium Pros say that they have it, and have not. */
static bool
has_sysenter(uint32_t signature, uint32_t features)
{
	uint32_t family = (signature >> 8) & 15, model = (signature >> 4) & 15;
	uint32_t stepping = signature & 15;

	return (features & CPUID_SEP) &&
	    !(family == 6 && model < 3 && stepping < 3);
}

void
cpu_identify(void)
{
	uint32_t a, b, c, d, max, max_extended;

	cpuid(0, &max, &b, &c, &d);
	cpuid(1, &a, &b, &c, &d);
	cpu_features.pge = (d & CPUID_PGE) != 0;
	cpu_features.fxsr = (d & CPUID_FXSR) != 0;
	cpu_features.sse = cpu_features.fxsr && (d & CPUID_SSE) != 0;
	cpu_features.tsc = (d & CPUID_TSC) != 0;
	cpu_features.apic = (d & CPUID_APIC) != 0;
	cpu_features.sysenter = has_sysenter(a, d);
	if (max >= 7) {
		cpuid(7, &a, &b, &c, &d);
		cpu_features.smep = (b & CPUID7_SMEP) != 0;
		cpu_features.smap = (b & CPUID7_SMAP) != 0;
	}
	cpuid(0x80000000, &max_extended, &b, &c, &d);
	if (max_extended >= 0x80000001 && max_extended < 0x80010000) {
		cpuid(0x80000001, &a, &b, &c, &d);
		cpu_features.nx = (d & CPUIDX_NX) != 0;
	}
	identify_name();
	if (cpu_features.smap)
		smap_patch();
}

void
cpu_enable_features(void)
{
	uint32_t cr0 = cr0_read();
	uint32_t cr4 = cr4_read();

	if (cpu_features.nx)
		msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE);
	if (cpu_features.pge)
		cr4 |= CR4_PGE;
	if (cpu_features.smep)
		cr4 |= CR4_SMEP;
	if (cpu_features.smap)
		cr4 |= CR4_SMAP;
	if (cpu_features.fxsr)
		cr4 |= CR4_OSFXSR;
	if (cpu_features.sse)
		cr4 |= CR4_OSXMMEXCPT;
	cr4_write(cr4);
	/* The FPU traps until a thread uses it; caches on. */
	cr0 &= ~(uint32_t)(CR0_EM | CR0_CD | CR0_NW);
	cr0_write(cr0 | CR0_WP | CR0_NE | CR0_MP | CR0_TS);
}
