// SPDX-License-Identifier: Apache-2.0
// An actor that does several operations one after the other: `actor OPERATION ARG… [OPERATION ARG…]…`; without
// arguments it lists them. An operation says the truth about what it did (truth.h).
#ifndef FSTRACKER_TESTS_OPERATIONS_H
#define FSTRACKER_TESTS_OPERATIONS_H

#include "truth.h"

struct operation {
    const char *name;
    int arguments;
    void (*act)(char**);
};

static inline int do_operations(const struct operation *operations, size_t count, int argc, char **argv) {
    if (argc == 1) {
        for (size_t i = 0; i < count; i++) printf("%s %d\n", operations[i].name, operations[i].arguments);
        return 2;
    }
    for (int i = 1; i < argc;) {
        size_t which = 0;
        while (which < count && strcmp(argv[i], operations[which].name) != 0) which++;
        if (which == count || i + operations[which].arguments >= argc) {
            fprintf(stderr, "actor: no operation: %s\n", argv[i]);
            return 99;
        }
        operations[which].act(argv + i + 1);
        i += 1 + operations[which].arguments;
    }
    return 0;
}

// Stays for so many milliseconds, so that the recorder has hashed what is about to go.
static inline void do_stay(char **a) { usleep((useconds_t)atoi(a[0]) * 1000); }

// What was read through a descriptor, and closes it.
static inline void say_read(const char *operation, int fd, const char *access) {
    char hash[HASH_TEXT_SIZE];
    if (fd < 0) fail(operation);
    hash_rest(fd, hash);
    say(operation, name_of(fd), access, hash);
    close(fd);
}
#endif
