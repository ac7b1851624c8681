/* SPDX-License-Identifier: Apache-2.0 */
/* bench_write_floor DIRECTORY: the floor of complete number writes a second, printed as one number.
 * One write cannot do without its messages through a socket (two scripts in parts and three reports
 * with their receipts, each answered) and without being remembered three times (number taken,
 * prepared, done). Here that is bare bytes between two ends of a connection in one thread, and bare
 * bytes appended to a file with an fdatasync for each group of 64. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define GROUP 64
#define PDU_BYTES 220 /* submit_sm or deliver_sm with a full short message */
#define RESP_BYTES 25
#define PDUS_DOWN 3        /* parts of PREPARE and COMMIT */
#define PDUS_UP 5          /* three reports, two receipts */
#define BYTES_A_COMMIT 700 /* of rows: task, number, card, time line with the packets */
#define COMMITS 3
#define RUN_NS 1000000000

static uint8_t room[GROUP * BYTES_A_COMMIT];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void pass(int from, int to, size_t bytes)
{
    size_t got = 0;

    if (send(from, room, bytes, 0) != (ssize_t)bytes)
        die("send");
    while (got < bytes) {
        ssize_t part = recv(to, room, sizeof room, 0);

        if (part <= 0)
            die("recv");
        got += (size_t)part;
    }
}

static void group(const int ends[2], int file)
{
    for (int i = 0; i < PDUS_DOWN; i++) {
        pass(ends[0], ends[1], (size_t)GROUP * PDU_BYTES);
        pass(ends[1], ends[0], (size_t)GROUP * RESP_BYTES);
    }
    for (int i = 0; i < PDUS_UP; i++) {
        pass(ends[1], ends[0], (size_t)GROUP * PDU_BYTES);
        pass(ends[0], ends[1], (size_t)GROUP * RESP_BYTES);
    }
    for (int i = 0; i < COMMITS; i++) {
        if (write(file, room, sizeof room) != (ssize_t)sizeof room || fdatasync(file) != 0)
            die("write");
    }
}

int main(int argc, char **argv)
{
    int64_t start, now;
    char path[512];
    int ends[2], file, size = 1 << 20;
    size_t n = 0;

    if (argc != 2)
        return 64;
    snprintf(path, sizeof path, "%s/bench.XXXXXX", argv[1]);
    file = mkstemp(path);
    if (file < 0 || unlink(path) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        die(path);
    for (int i = 0; i < 2; i++)
        setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    start = now = xk_monotonic_ns();
    while (now - start < RUN_NS) {
        group(ends, file);
        n += GROUP;
        now = xk_monotonic_ns();
    }
    printf("%.0f\n", (double)n * 1e9 / (double)(now - start));
    return 0;
}
