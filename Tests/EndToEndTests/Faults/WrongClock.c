// Gives a program a wall clock that is ahead of the kernel's by the whole seconds of WRONG_CLOCK_OFFSET, for LD_PRELOAD.
// Instants by that clock which go back to the kernel are made the kernel's again: a wait takes as long as ever.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

// What comes after this library is the C library. Not for `pthread_cond_timedwait`, of which `dlsym` finds the oldest.
#define NEXT(name) static __typeof__(&name) next; if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static long offset(void) {
    const char *text = getenv("WRONG_CLOCK_OFFSET");
    return text ? atol(text) : 0;
}

static struct timespec kernel(const struct timespec *instant) {
    return (struct timespec){.tv_sec = instant->tv_sec - offset(), .tv_nsec = instant->tv_nsec};
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    NEXT(clock_gettime);
    int status = next(clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    NEXT(gettimeofday);
    int status = next(now, zone);
    if (status == 0) now->tv_sec += offset();
    return status;
}

time_t time(time_t *now) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict end
) {
    // The second bit is the clock: <https://sourceware.org/git/?p=glibc.git;f=nptl/pthread_cond_wait.c>.
    if (condition->__data.__wrefs & 2) return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, end);
    struct timespec instant = kernel(end);
    return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, &instant);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict end) {
    struct timespec instant = kernel(end);
    return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, &instant);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict end) {
    struct timespec instant = kernel(end);
    return sem_clockwait(semaphore, CLOCK_REALTIME, &instant);
}

// By descriptor, whether a timer goes by the wall clock.
static char isWall[1 << 16];

int timerfd_create(int clock, int flags) {
    NEXT(timerfd_create);
    int timer = next(clock, flags);
    if (timer >= 0 && timer < (int)sizeof isWall) isWall[timer] = clock == CLOCK_REALTIME;
    return timer;
}

int timerfd_settime(int timer, int flags, const struct itimerspec *new, struct itimerspec *old) {
    NEXT(timerfd_settime);
    struct itimerspec shifted = *new;
    int isArmed = new->it_value.tv_sec != 0 || new->it_value.tv_nsec != 0;
    if (isArmed && flags & TFD_TIMER_ABSTIME && timer < (int)sizeof isWall && isWall[timer]) {
        shifted.it_value = kernel(&new->it_value);
    }
    return next(timer, flags, &shifted, old);
}
