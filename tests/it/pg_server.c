/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_server.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_TRIES 600 /* of 100 ms */

static char folder[64], conninfo[160], bin[256];
static pid_t server;
static bool was_tried;

/* The newest installed: /usr/lib/postgresql/15/bin */
static bool find_bin(void)
{
    glob_t found;
    bool ok = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0 && found.gl_pathc > 0;

    if (ok)
        snprintf(bin, sizeof bin, "%.*s",
                 (int)(strlen(found.gl_pathv[found.gl_pathc - 1]) - strlen("/initdb")),
                 found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return ok;
}

/* PostgreSQL refuses to run as root: then as the user Debian made for it. */
static struct passwd *other_user(void)
{
    return geteuid() == 0 ? getpwnam("postgres") : NULL;
}

static _Noreturn void become(const char *command)
{
    struct passwd *user = other_user();
    int null = open("/dev/null", O_RDWR);

    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    if (chdir(folder) != 0 || (user && (initgroups(user->pw_name, user->pw_gid) != 0 ||
                                        setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT); /* should the test be killed */
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

static pid_t start(const char *command)
{
    pid_t pid = fork();

    if (pid == 0)
        become(command);
    return pid;
}

static bool succeeds(const char *command)
{
    int status = 1;
    pid_t pid = start(command);

    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool init_database(void)
{
    char command[512];

    snprintf(command, sizeof command,
             "exec %s/initdb -D %s/data -U xieka -A trust -E UTF8 --no-locale --no-sync", bin,
             folder);
    return succeeds(command);
}

/* Until the socket takes connections, which pg_isready asks. */
static bool start_server(void)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    char command[512], ask[512];

    snprintf(command, sizeof command,
             "exec %s/postgres -D %s/data -k %s -c listen_addresses= -c fsync=off"
             " -c max_connections=10",
             bin, folder, folder);
    snprintf(ask, sizeof ask, "exec %s/pg_isready -q -h %s -d postgres", bin, folder);
    server = start(command);
    for (int i = 0; server > 0 && i < START_TRIES; i++) {
        if (succeeds(ask))
            return true;
        if (waitpid(server, NULL, WNOHANG) == server) {
            server = 0;
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

static bool make_folder(void)
{
    struct passwd *user = other_user();

    if (geteuid() == 0 && !user)
        return false;
    snprintf(folder, sizeof folder, "/tmp/xieka-pg-XXXXXX");
    if (!mkdtemp(folder))
        return false;
    snprintf(conninfo, sizeof conninfo, "host=%s user=xieka dbname=postgres", folder);
    return !user || chown(folder, user->pw_uid, user->pw_gid) == 0;
}

const char *pg_server_conninfo(void)
{
    if (!was_tried) {
        was_tried = true;
        if (!find_bin() || !make_folder() || !init_database() || !start_server())
            conninfo[0] = '\0';
    }
    return conninfo[0] ? conninfo : NULL;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void pg_server_stop(void)
{
    if (server > 0) {
        kill(server, SIGQUIT);
        waitpid(server, NULL, 0);
        server = 0;
    }
    if (folder[0])
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    folder[0] = '\0';
}
