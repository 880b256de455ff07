// SPDX-License-Identifier: Apache-2.0
// Sockets and their addresses from an actor's arguments; all fail() rather than return an error.
#ifndef FSTRACKER_TESTS_SOCKETS_H
#define FSTRACKER_TESTS_SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "truth.h"

static inline int socket_or_fail(int family, int type) {
    const int fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    return fd;
}
// ADDRESS PORT
static inline struct sockaddr_in internet(char **a) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(a[1]))};
    if (inet_pton(AF_INET, a[0], &address.sin_addr) != 1) fail(a[0]);
    return address;
}
static inline struct sockaddr_un local(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail(path);
    memcpy(address.sun_path, path, strlen(path));
    return address;
}
#endif
