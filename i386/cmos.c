/*
 * i386/cmos.c - the battery-backed clock.
 *
 * Owns:       the CMOS index register; used at boot only.
 * Source:     Motorola MC146818 data sheet.
 */
#include <kern/types.h>
#include <machine/clock.h>
#include <machine/regs.h>

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71

enum {
	CMOS_SECOND = 0, CMOS_MINUTE = 2, CMOS_HOUR = 4,
	CMOS_DAY = 7, CMOS_MONTH = 8, CMOS_YEAR = 9,
	CMOS_STATUS_A = 10, CMOS_STATUS_B = 11,
};

#define A_UPDATING	0x80
#define B_24_HOURS	0x02
#define B_BINARY	0x04
#define HOUR_PM		0x80
#define UPDATE_SPINS	100000u
#define EPOCH		1970u
#define READS		3u		/* two in a row should agree */

struct cmos_date {
	unsigned second, minute, hour, day, month, year;
};

static uint8_t
cmos_read(uint8_t index)
{
	outb(CMOS_INDEX, index);
	return inb(CMOS_DATA);
}

static unsigned
number(uint8_t raw, bool binary)
{
	return binary ? raw : (raw >> 4) * 10u + (raw & 15);
}

static void
date_read(struct cmos_date *date)
{
	uint8_t mode = cmos_read(CMOS_STATUS_B);
	bool binary = (mode & B_BINARY) != 0;
	unsigned spins = UPDATE_SPINS;
	uint8_t hour;

	while ((cmos_read(CMOS_STATUS_A) & A_UPDATING) && spins-- > 0)
		continue;
	date->second = number(cmos_read(CMOS_SECOND), binary);
	date->minute = number(cmos_read(CMOS_MINUTE), binary);
	hour = cmos_read(CMOS_HOUR);
	date->hour = number(hour & ~HOUR_PM, binary);
	if (!(mode & B_24_HOURS))
		date->hour = date->hour % 12 + ((hour & HOUR_PM) ? 12 : 0);
	date->day = number(cmos_read(CMOS_DAY), binary);
	date->month = number(cmos_read(CMOS_MONTH), binary);
	date->year = number(cmos_read(CMOS_YEAR), binary);
	date->year += date->year < EPOCH % 100 ? 2000 : 1900;
}

static bool
leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned
month_days(unsigned month, unsigned year)
{
	static const uint8_t days[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};

	return days[month - 1] + (month == 2 && leap(year));
}

/* 0 for a date that is none. */
uint64_t
cmos_time(void)
{
	struct cmos_date date, again;
	uint64_t days = 0;

	date_read(&date);
	for (unsigned i = 1; i < READS; i++) {
		date_read(&again);
		if (again.second == date.second)
			break;
		date = again;
	}
	if (date.month < 1 || date.month > 12 || date.day < 1)
		return 0;
	for (unsigned y = EPOCH; y < date.year; y++)
		days += 365u + leap(y);
	for (unsigned m = 1; m < date.month; m++)
		days += month_days(m, date.year);
	days += date.day - 1;
	return ((days * 24 + date.hour) * 60 + date.minute) * 60 + date.second;
}
