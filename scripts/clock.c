// Shifts the wall clock of every program that loads it by OFFSET seconds; the monotonic clock, timers and the times of files stay as they are.
// Built and loaded by scripts/clock.ts: cc -shared -fPIC -DOFFSET=86400 -o clock.so clock.c
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *at) {
	long failed = syscall(SYS_clock_gettime, clock, at);
	if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI)) at->tv_sec += OFFSET;
	return (int)failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
	struct timespec now;
	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
	at->tv_sec = now.tv_sec;
	at->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *at) {
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
	if (at != NULL) *at = now.tv_sec;
	return now.tv_sec;
}
