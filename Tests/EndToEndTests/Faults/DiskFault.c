// Lets reads or writes of files fail as on a broken or full disk, for LD_PRELOAD. While the file that DISK_FAULT names holds
// "r NUMBER END" or "w NUMBER END", each read or write of a file whose path has that end fails with that error number.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int descriptor, char operation) {
    const char *fault = getenv("DISK_FAULT");
    FILE *file = fault ? fopen(fault, "r") : NULL;
    if (!file) return 0;
    char kind = 0, end[64] = "";
    int number = 0;
    int count = fscanf(file, " %c %d %63s", &kind, &number, end);
    fclose(file);
    if (count < 3 || kind != operation) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path);
    size_t wanted = strlen(end);
    if (length < (ssize_t)wanted || memcmp(path + length - wanted, end, wanted) != 0) return 0;
    errno = number;
    return 1;
}

#define FAILING(name, operation, bytes) \
    ssize_t name(int descriptor, bytes data, size_t count, off_t offset) { \
        static __typeof__(&name) next; \
        if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
        return fails(descriptor, operation) ? -1 : next(descriptor, data, count, offset); \
    }

FAILING(pread, 'r', void *)
FAILING(pread64, 'r', void *)
FAILING(pwrite, 'w', const void *)
FAILING(pwrite64, 'w', const void *)
