/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the test vectors of tests/vectors: lines "name hex", sets begun by "set <number>", '#'
 * comments.
 *
 *     struct vectors v;
 *     vectors_open(&v, "aes/cmac.txt");
 *     while (vectors_next(&v))
 *         ... vectors_hex(&v, "key") ...
 *
 * A file that is not there, a name that the set has not, ends the program: that is no test
 * result. */
#ifndef TESTS_XT_VECTORS_H
#define TESTS_XT_VECTORS_H

#include "base/hex.h"

#ifndef VECTORS_DIR
#error "the test's meson.build defines VECTORS_DIR"
#endif

#define VECTORS_FIELDS_MAX 20
#define VECTORS_NAME_MAX 24
#define VECTORS_BYTES_MAX 1100

struct vectors_field {
    char name[VECTORS_NAME_MAX];
    char text[2 * VECTORS_BYTES_MAX + 1];
    uint8_t bytes[VECTORS_BYTES_MAX];
};

struct vectors {
    FILE *file;
    char name[256];
    char pending[VECTORS_NAME_MAX + 2 * VECTORS_BYTES_MAX + 8]; /* the next set's first line */
    struct vectors_field fields[VECTORS_FIELDS_MAX];
    size_t n;
    long set;
};

static inline void vectors_die(const struct vectors *v, const char *what)
{
    printf("Bail out! %s set %ld: %s\n", v->name, v->set, what);
    exit(1);
}

static inline bool vectors_line(struct vectors *v)
{
    while (fgets(v->pending, sizeof v->pending, v->file)) {
        v->pending[strcspn(v->pending, "\n")] = '\0';
        if (v->pending[0] != '\0' && v->pending[0] != '#')
            return true;
    }
    v->pending[0] = '\0';
    return false;
}

static inline void vectors_open(struct vectors *v, const char *path)
{
    *v = (struct vectors){0};
    snprintf(v->name, sizeof v->name, "%s/%s", VECTORS_DIR, path);
    v->file = fopen(v->name, "r");
    if (!v->file || !vectors_line(v))
        vectors_die(v, "cannot be read");
}

static inline bool vectors_is_set(const struct vectors *v)
{
    return strncmp(v->pending, "set ", 4) == 0;
}

static inline void vectors_take_field(struct vectors *v)
{
    struct vectors_field *f = &v->fields[v->n];
    char *space = strchr(v->pending, ' ');
    const char *text = space ? space + 1 : "";

    if (space)
        *space = '\0';
    if (v->n == VECTORS_FIELDS_MAX ||
        !bytes_to_cstr(bytes_cstr(v->pending), f->name, sizeof f->name) ||
        !bytes_to_cstr(bytes_cstr(text), f->text, sizeof f->text))
        vectors_die(v, "too many or too long fields");
    v->n++;
}

/* False at the end of the file, which is then closed. */
static inline bool vectors_next(struct vectors *v)
{
    if (v->pending[0] == '\0') {
        fclose(v->file);
        return false;
    }
    if (!vectors_is_set(v))
        vectors_die(v, "a field outside a set");
    v->set = strtol(v->pending + 4, NULL, 10);
    v->n = 0;
    while (vectors_line(v) && !vectors_is_set(v))
        vectors_take_field(v);
    return true;
}

static inline struct vectors_field *vectors_field(struct vectors *v, const char *name)
{
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->fields[i].name, name) == 0)
            return &v->fields[i];
    vectors_die(v, name);
    return NULL;
}

static inline const char *vectors_text(struct vectors *v, const char *name)
{
    return vectors_field(v, name)->text;
}

/* The bytes live until the next set. */
static inline struct bytes vectors_hex(struct vectors *v, const char *name)
{
    struct vectors_field *f = vectors_field(v, name);
    size_t n = 0;

    if (hex_decode(bytes_cstr(f->text), f->bytes, sizeof f->bytes, &n) != XK_OK)
        vectors_die(v, name);
    return BYTES(f->bytes, n);
}

static inline long vectors_number(struct vectors *v, const char *name)
{
    return strtol(vectors_text(v, name), NULL, 10);
}

#endif
