// SPDX-License-Identifier: Apache-2.0
// odd_names DIR: makes and reads files whose names are hard to write down: newline, quotes, backslash, control bytes, bytes
// that are not UTF-8, percent signs, what looks like a deleted mark, 255 bytes, paths of 4,095 bytes and of more.
#define _GNU_SOURCE
#include "truth.h"

static void make(const char *name, const char *said) {
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0) fail(name);
    write_all(fd, said, strlen(said));
    close(fd);
    char hash[HASH_TEXT_SIZE];
    fd = open(name, O_RDONLY);
    if (fd < 0) fail(name);
    hash_rest(fd, hash);
    close(fd);
    say("odd", said, "create write read", hash);
}

// Goes down by relative steps until the directory's path has this many bytes; `path` is kept.
static void descend(char *path, size_t wanted) {
    char name[256];
    memset(name, 'd', 255);
    for (size_t left; (left = wanted - strlen(path)) > 1;) {
        const size_t size = left - 1 > 255 ? (left - 1 < 257 ? 200 : 255) : left - 1;
        name[size] = 0;
        if (mkdir(name, 0755) && errno != EEXIST) fail("mkdir");
        if (chdir(name)) fail("chdir");
        strcat(path, "/");
        strcat(path, name);
        name[size] = 'd';
    }
}

int main(int argc, char **argv) {
    static char base[4096];
    static char path[16384];
    static const char *const names[] = {
        "new\nline", "\"double\" 'single'", "back\\slash", "tab\tand\x01" "control", "\xff\xfe not utf-8 \xc3", "100%25 %41",
        "gone (deleted)", " leading and trailing ", "\xe2\x98\x83 snow", "{\"json\":[1]}", "-rf", "a?b#c&d=e;f:g", "\x7f" "del",
        "..."};
    if (argc != 2 || chdir(argv[1]) || !getcwd(base, sizeof base)) fail("odd_names DIR");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", base, names[i]);
        make(names[i], path);
    }
    char longest[256];
    memset(longest, 'n', 255);
    longest[255] = 0;
    snprintf(path, sizeof path, "%s/%s", base, longest);
    make(longest, path);

    for (size_t size = 256; size <= 1024; size *= 4) {
        snprintf(path, sizeof path, "%s", base);
        descend(path, size - 5);
        strcat(path, "/leaf");
        make("leaf", path);
        if (strlen(path) != size || chdir(base)) fail("a path of that length");
    }

    // 4,095 bytes: the longest path that a system call takes.
    snprintf(path, sizeof path, "%s", base);
    descend(path, 4095 - 5);
    strcat(path, "/leaf");
    make("leaf", path);

    // More: reachable only by walking there.
    path[strlen(path) - 5] = 0;
    descend(path, 6000);
    strcat(path, "/leaf");
    make("leaf", path);

    // 300 components.
    if (chdir(base)) fail("chdir");
    snprintf(path, sizeof path, "%s", base);
    for (int i = 0; i < 300; i++) {
        if (mkdir("c", 0755) || chdir("c")) fail("mkdir");
        strcat(path, "/c");
    }
    strcat(path, "/leaf");
    make("leaf", path);
    return 0;
}
