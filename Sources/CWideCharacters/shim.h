#ifndef SLUICE_WIDE_CHARACTERS_H
#define SLUICE_WIDE_CHARACTERS_H

#include <wchar.h>

// POSIX declares it under _XOPEN_SOURCE alone, which Swift's own modules are built without.
extern int wcwidth(wchar_t character);

// The columns that a character takes on a terminal, by the thread's locale; -1 where it cannot be printed.
static inline int sluice_columns(unsigned int character) { return wcwidth((wchar_t)character); }

#endif
