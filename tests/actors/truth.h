// SPDX-License-Identifier: Apache-2.0
// What actors share: saying the truth as JSON lines on stdout, and SHA-256. Paths are percent-encoded as in a file URI, so
// that any byte can be said. An actor that cannot do its thing exits with 99 and says why on stderr.
#ifndef FSTRACKER_TESTS_TRUTH_H
#define FSTRACKER_TESTS_TRUTH_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_TEXT_SIZE 65

static inline _Noreturn void fail(const char *what) {
    fprintf(stderr, "actor: %s: %s\n", what, strerror(errno));
    exit(99);
}

struct sha256 {
    uint32_t state[8];
    uint64_t length;
    unsigned char block[64];
};

static inline uint32_t rotate(uint32_t value, int by) { return value >> by | value << (32 - by); }

static inline void sha256_begin(struct sha256 *hash) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, start, sizeof start);
    hash->length = 0;
}

static inline void sha256_block(struct sha256 *hash) {
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64];
    uint32_t s[8];
    for (int i = 0; i < 16; i++) {
        const unsigned char *p = hash->block + 4 * i;
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (int i = 16; i < 64; i++) {
        const uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        const uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(s, hash->state, sizeof s);
    for (int i = 0; i < 64; i++) {
        const uint32_t e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        const uint32_t t = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
        const uint32_t a = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        const uint32_t u = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t;
        s[0] = t + u;
    }
    for (int i = 0; i < 8; i++) hash->state[i] += s[i];
}

static inline void sha256_add(struct sha256 *hash, const void *bytes, size_t size) {
    const unsigned char *p = bytes;
    for (size_t i = 0; i < size; i++) {
        hash->block[hash->length++ % 64] = p[i];
        if (hash->length % 64 == 0) sha256_block(hash);
    }
}

static inline void sha256_end(struct sha256 *hash, char text[HASH_TEXT_SIZE]) {
    const uint64_t bits = hash->length * 8;
    sha256_add(hash, "\x80", 1);
    while (hash->length % 64 != 56) sha256_add(hash, "", 1);
    unsigned char size[8];
    for (int i = 0; i < 8; i++) size[i] = (unsigned char)(bits >> (56 - 8 * i));
    sha256_add(hash, size, 8);
    for (int i = 0; i < 8; i++) snprintf(text + 8 * i, 9, "%08x", hash->state[i]);
}

static inline void say_path(const char *path) {
    for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-._~/", *p)) {
            putchar(*p);
        } else {
            printf("%%%02X", *p);
        }
    }
}

// One line about a path; hash is NULL where there is no content to speak of.
static inline void say(const char *operation, const char *path, const char *access, const char *hash) {
    printf("{\"pid\":%d,\"operation\":\"%s\",\"path\":\"", getpid(), operation);
    say_path(path);
    printf("\",\"access\":\"%s\"", access);
    if (hash) printf(",\"sha256\":\"%s\"", hash);
    printf("}\n");
    fflush(stdout);
}

// The kernel's own name of an open object, which is what a record should say.
static inline const char *name_of(int fd) {
    static char name[4096 + 1];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t size = readlink(link, name, sizeof name - 1);
    if (size < 0) return "";
    name[size] = 0;
    return name;
}

// Reads to the end and hashes what it read.
static inline void hash_rest(int fd, char text[HASH_TEXT_SIZE]) {
    struct sha256 hash;
    char buffer[65536];
    ssize_t got;
    sha256_begin(&hash);
    while ((got = read(fd, buffer, sizeof buffer)) > 0) sha256_add(&hash, buffer, (size_t)got);
    if (got < 0) fail("read");
    sha256_end(&hash, text);
}

static inline void write_all(int fd, const void *bytes, size_t size) {
    for (const char *p = bytes; size > 0;) {
        const ssize_t put = write(fd, p, size);
        if (put < 0) fail("write");
        p += put;
        size -= (size_t)put;
    }
}
#endif
