/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/hex.h"
#include "crypto/hash.h"

#define TOKEN_PATH_MAX (PROFILE_PATH_MAX + 32)
#define TOKEN_LINE_MAX (PROFILE_TOKEN_MAX + 24)
#define TOKEN_EARLY_MS 30000 /* a token that ends so soon is not begun with */

static const struct conf_option options[] = {
    {"url", CONF_STRING, "", 0, 0, "the platform, https://host:port"},
    {"ca", CONF_STRING, "", 0, 0, "PEM file that its certificate must lead to"},
    {"app", CONF_STRING, "", 0, 0, "application id"},
    {"secret_file", CONF_STRING, "", 0, 0, "file with the application's secret, mode 0600"},
    {"lang", CONF_STRING, "", 0, 0, "zh or en; empty: by LANG"},
};

static bool find_path(const char *named, char out[PROFILE_PATH_MAX])
{
    const char *home = getenv("HOME");
    const char *configs = getenv("XDG_CONFIG_HOME");
    int n;

    if (named)
        n = snprintf(out, PROFILE_PATH_MAX, "%s", named);
    else if (configs && configs[0] == '/')
        n = snprintf(out, PROFILE_PATH_MAX, "%s/xieka/config", configs);
    else
        n = snprintf(out, PROFILE_PATH_MAX, "%s/.config/xieka/config", home ? home : "");
    return n < PROFILE_PATH_MAX;
}

static enum xk_err take(const char *given, const char *kept, char *out, size_t cap,
                        const char *name, struct buf *why)
{
    const char *value = given ? given : kept;

    if (snprintf(out, cap, "%s", value) < (int)cap)
        return XK_OK;
    buf_printf(why, "%s: too long", name);
    return XK_E_VALUE;
}

static enum xk_err take_all(const struct args *a, const struct conf *conf, struct profile *p,
                            struct buf *why)
{
    size_t n;

    TRY(take(a->value[OPT_URL], conf_string(conf, "url"), p->url, sizeof p->url, "url", why));
    TRY(take(a->value[OPT_CA], conf_string(conf, "ca"), p->ca, sizeof p->ca, "ca", why));
    TRY(take(a->value[OPT_APP], conf_string(conf, "app"), p->app, sizeof p->app, "app", why));
    TRY(take(a->value[OPT_SECRET_FILE], conf_string(conf, "secret_file"), p->secret_file,
             sizeof p->secret_file, "secret-file", why));
    TRY(take(a->value[OPT_LANG], conf_string(conf, "lang"), p->lang, sizeof p->lang, "lang", why));
    n = strlen(p->url);
    if (n > 0 && p->url[n - 1] == '/')
        p->url[n - 1] = '\0';
    if (p->lang[0] == '\0' || strcmp(p->lang, "zh") == 0 || strcmp(p->lang, "en") == 0)
        return XK_OK;
    buf_printf(why, "lang: %s is neither zh nor en", p->lang);
    return XK_E_VALUE;
}

enum xk_err profile_open(const struct args *a, struct profile *out, struct buf *why)
{
    const char *named = a->value[OPT_CONFIG] ? a->value[OPT_CONFIG] : getenv("XIEKA_CONFIG");
    bool writing = a->command && strcmp(a->command->group, "login") == 0;
    struct profile p = {.path = ""};
    struct conf *conf;
    enum xk_err err;
    bool there;

    if (!find_path(named, p.path)) {
        buf_put_str(why, "the path of the profile file is too long");
        return XK_E_VALUE;
    }
    there = access(p.path, F_OK) == 0;
    if (!there && a->value[OPT_CONFIG] && !writing) {
        buf_printf(why, "%s: %s", p.path, strerror(errno));
        return XK_E_NOT_FOUND;
    }
    TRY(conf_open(options, ARRAY_LEN(options), there ? p.path : NULL, why, &conf));
    err = take_all(a, conf, &p, why);
    conf_close(conf);
    if (err == XK_OK)
        *out = p;
    return err;
}

static bool make_folder_of(const char *path)
{
    char folder[TOKEN_PATH_MAX];
    char *slash;

    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (!slash || slash == folder)
        return true;
    *slash = '\0';
    if (access(folder, F_OK) == 0)
        return true;
    return make_folder_of(folder) && mkdir(folder, 0700) == 0;
}

/* Whole or not at all, for its owner only. */
static enum xk_err write_private(const char *path, struct bytes text)
{
    char tmp[TOKEN_PATH_MAX + 8];
    ssize_t n;
    int fd;

    if (!make_folder_of(path) || snprintf(tmp, sizeof tmp, "%s.new", path) >= (int)sizeof tmp)
        return XK_E_IO;
    unlink(tmp);
    fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return XK_E_IO;
    n = write(fd, text.p, text.n);
    if (close(fd) == 0 && n == (ssize_t)text.n && rename(tmp, path) == 0)
        return XK_OK;
    unlink(tmp);
    return XK_E_IO;
}

static void put_setting(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "%s = \"", name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buf_put_u8(b, '\\');
        buf_put_u8(b, (uint8_t)*value);
    }
    buf_put_str(b, "\"\n");
}

/* So that the profile works from any folder. */
static void put_path(struct buf *b, const char *name, const char *value)
{
    char *whole = value[0] ? realpath(value, NULL) : NULL;

    put_setting(b, name, whole ? whole : value);
    free(whole);
}

enum xk_err profile_save(const struct profile *p, struct buf *why)
{
    struct buf b;
    enum xk_err err;

    buf_init(&b, 8192);
    buf_put_str(&b, "# xieka(1), written by xieka login\n");
    put_setting(&b, "url", p->url);
    put_path(&b, "ca", p->ca);
    put_setting(&b, "app", p->app);
    put_path(&b, "secret_file", p->secret_file);
    put_setting(&b, "lang", p->lang);
    err = buf_ok(&b);
    if (err == XK_OK)
        err = write_private(p->path, buf_bytes(&b));
    if (err != XK_OK)
        buf_printf(why, "%s: %s", p->path, strerror(errno));
    buf_fini(&b);
    return err;
}

enum xk_err profile_read_secret(const char *path, struct secret *out, struct buf *why)
{
    char text[2 * SECRET_MAX + 2];
    struct stat st;
    enum xk_err err;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0) {
        buf_printf(why, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return XK_E_IO;
    }
    n = read(fd, text, sizeof text);
    close(fd);
    if (S_ISREG(st.st_mode) && st.st_mode & 077) {
        buf_printf(why, "%s: others may read it; chmod 600 %s", path, path);
        return XK_E_DENIED;
    }
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
        n--;
    err = n > 0 ? secret_set(out, BYTES(text, (size_t)n)) : XK_E_FORMAT;
    explicit_bzero(text, sizeof text);
    if (err != XK_OK)
        buf_printf(why, "%s: not one line of at most %d characters", path, SECRET_MAX);
    return err;
}

enum xk_err profile_write_secret(const char *path, struct bytes text, struct buf *why)
{
    enum xk_err err = write_private(path, text);

    if (err != XK_OK)
        buf_printf(why, "%s: %s", path, strerror(errno));
    return err;
}

/* ---- the token ------------------------------------------------------------------------------- */

/* Beside the profile file: token-<hash of url and app>. */
static bool token_path(const struct profile *p, char out[TOKEN_PATH_MAX])
{
    char who[PROFILE_PATH_MAX + 40];
    uint8_t digest[HASH_LEN];
    char name[HEX_LEN(8)];
    const char *slash = strrchr(p->path, '/');
    int folder = slash ? (int)(slash - p->path) : 1;

    snprintf(who, sizeof who, "%s\n%s", p->url, p->app);
    if (hash_digest(HASH_SHA256, bytes_cstr(who), digest) != XK_OK)
        return false;
    hex_encode_lower(BYTES(digest, 8), name);
    return snprintf(out, TOKEN_PATH_MAX, "%.*s/token-%s", folder, slash ? p->path : ".", name) <
           TOKEN_PATH_MAX;
}

bool profile_load_token(const struct profile *p, int64_t now, char token[PROFILE_TOKEN_MAX])
{
    char path[TOKEN_PATH_MAX];
    char text[TOKEN_LINE_MAX];
    char *end;
    FILE *f;
    bool got;

    if (!token_path(p, path))
        return false;
    f = fopen(path, "re");
    if (!f)
        return false;
    got = fgets(text, sizeof text, f) != NULL;
    fclose(f);
    if (!got || strtoll(text, &end, 10) < now + TOKEN_EARLY_MS || *end != ' ')
        return false;
    end[1 + strcspn(end + 1, "\n")] = '\0';
    return bytes_to_cstr(bytes_cstr(end + 1), token, PROFILE_TOKEN_MAX);
}

void profile_save_token(const struct profile *p, const char *token, int64_t expires)
{
    char path[TOKEN_PATH_MAX];
    char text[TOKEN_LINE_MAX];
    int n = snprintf(text, sizeof text, "%" PRId64 " %s\n", expires, token);

    if (n > 0 && n < (int)sizeof text && token_path(p, path) &&
        write_private(path, BYTES(text, (size_t)n)) != XK_OK)
        unlink(path);
    explicit_bzero(text, sizeof text);
}

void profile_drop_token(const struct profile *p)
{
    char path[TOKEN_PATH_MAX];

    if (token_path(p, path))
        unlink(path);
}
