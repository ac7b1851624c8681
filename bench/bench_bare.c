/* SPDX-License-Identifier: Apache-2.0 */
/* bench_bare DATABASE: the floor of the platform's start and idle memory: the same libraries
 * loaded, one empty database, event loop and TLS context made. Prints a line when that is done and
 * ends with its standard input. */
#include <curl/curl.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <openssl/ssl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>
#ifdef XIEKA_PGSQL
#include <libpq-fe.h>
#endif

int main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    char byte;

    if (argc != 2 || sqlite3_open(argv[1], &db) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE one (id BIGINT PRIMARY KEY)",
                     NULL, NULL, NULL) != SQLITE_OK)
        return 1;
    if (!event_base_new() || !SSL_CTX_new(TLS_server_method()) || !json_object_new_object() ||
        curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return 1;
#ifdef XIEKA_PGSQL
    if (PQlibVersion() == 0)
        return 1;
#endif
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    sqlite3_close(db);
    return 0;
}
