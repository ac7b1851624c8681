/* SPDX-License-Identifier: Apache-2.0 */
/* with_postgres COMMAND [ARG...]: runs it with PGHOST, PGUSER and PGDATABASE leading to a server
 * of its own; without PostgreSQL it runs all the same, and the three are not set. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pg_server.h"

static void set_environment(const char *conninfo)
{
    char host[128];

    if (!conninfo || sscanf(conninfo, "host=%127s", host) != 1)
        return;
    setenv("PGHOST", host, 1);
    setenv("PGUSER", "xieka", 1);
    setenv("PGDATABASE", "postgres", 1);
}

int main(int argc, char **argv)
{
    int status = 1;
    pid_t pid;

    if (argc < 2)
        return 2;
    set_environment(pg_server_conninfo());
    pid = fork();
    if (pid == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (pid > 0)
        waitpid(pid, &status, 0);
    pg_server_stop();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
