/* SPDX-License-Identifier: Apache-2.0 */
#include "net/pty/pty.h"
#include "xt.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/xieka-pty-XXXXXX";
static char link_path[64];

static void make_dir(void)
{
    if (!link_path[0] && !mkdtemp(dir))
        abort();
    snprintf(link_path, sizeof link_path, "%s/modem", dir);
}

TEST(bytes_pass_as_they_are)
{
    static const uint8_t bytes[] = {'A', 'T', '\r', '\n', 3, 4, 26, 0, 0xFF};
    uint8_t got[32];
    struct pty pty;
    int port;

    make_dir();
    CHECK_OK(pty_open(&pty, link_path));
    for (int visit = 0; visit < 2; visit++) { /* a program that comes again */
        port = open(link_path, O_RDWR | O_NOCTTY);
        REQUIRE(port >= 0);
        CHECK_INT(write(port, bytes, sizeof bytes), sizeof bytes);
        CHECK_INT(read(pty.fd, got, sizeof got), sizeof bytes);
        CHECK(memcmp(got, bytes, sizeof bytes) == 0);
        CHECK_INT(read(pty.fd, got, sizeof got), -1); /* no echo, does not block */
        CHECK_INT(write(pty.fd, bytes, sizeof bytes), sizeof bytes);
        CHECK_INT(read(port, got, sizeof got), sizeof bytes);
        CHECK(memcmp(got, bytes, sizeof bytes) == 0);
        close(port);
    }
    pty_close(&pty);
    CHECK_INT(access(link_path, F_OK), -1);
    pty_close(&pty);
}

TEST(link_replaces_links_only)
{
    struct stat st;
    struct pty pty;
    int fd;

    make_dir();
    CHECK_INT(symlink("/nowhere", link_path), 0);
    CHECK_OK(pty_open(&pty, link_path));
    pty_close(&pty);
    fd = open(link_path, O_WRONLY | O_CREAT, 0600);
    close(fd);
    CHECK_INT(pty_open(&pty, link_path), XK_E_EXISTS);
    CHECK_INT(pty.fd, -1);
    CHECK_INT(stat(link_path, &st), 0);
    unlink(link_path);
    CHECK_OK(pty_open(&pty, link_path));
    unlink(link_path); /* somebody else takes the name */
    CHECK_INT(symlink("/elsewhere", link_path), 0);
    pty_close(&pty);
    CHECK_INT(lstat(link_path, &st), 0);
    unlink(link_path);
}

TEST(without_a_link)
{
    struct pty pty;

    make_dir();
    CHECK_OK(pty_open(&pty, NULL));
    CHECK(strncmp(pty.path, "/dev/", 5) == 0);
    CHECK_STR(pty.link, "");
    pty_close(&pty);
    rmdir(dir);
}

TESTS_MAIN(XT_CASE(bytes_pass_as_they_are), XT_CASE(link_replaces_links_only),
           XT_CASE(without_a_link))
