/* SPDX-License-Identifier: Apache-2.0 */
/* value.def as tables, looked up by the row of the member. */
#include "codec/saip/schema.h"

struct number_row {
    uint16_t row;
    uint16_t value;
    const char *name;
};
static const struct number_row numbers[] = {
#define NUMBER(structure, id, value, name) {SAIP_ROW_##structure##_##id, value, name},
#define DEFAULT(structure, id, contents)
#define FORMERLY(structure, id, name, major)
#include "codec/saip/value.def"
#undef NUMBER
#undef DEFAULT
#undef FORMERLY
};

struct default_row {
    uint16_t row;
    struct bytes contents;
};
static const struct default_row defaults[] = {
#define NUMBER(structure, id, value, name)
#define DEFAULT(structure, id, contents)                                                           \
    {SAIP_ROW_##structure##_##id, {(const uint8_t *)(contents), sizeof(contents) - 1}},
#define FORMERLY(structure, id, name, major)
#include "codec/saip/value.def"
#undef NUMBER
#undef DEFAULT
#undef FORMERLY
};

struct former_row {
    uint16_t row;
    uint8_t major;
    const char *name;
};
static const struct former_row formers[] = {
#define NUMBER(structure, id, value, name)
#define DEFAULT(structure, id, contents)
#define FORMERLY(structure, id, name, major) {SAIP_ROW_##structure##_##id, major, name},
#include "codec/saip/value.def"
#undef NUMBER
#undef DEFAULT
#undef FORMERLY
};

const char *saip_number_name(const struct saip_member *m, uint32_t value)
{
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (numbers[i].row == saip_row(m) && numbers[i].value == value)
            return numbers[i].name;
    }
    return NULL;
}

bool saip_number_of_name(const struct saip_member *m, struct bytes name, uint32_t *value)
{
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (numbers[i].row == saip_row(m) && bytes_eq(bytes_cstr(numbers[i].name), name)) {
            *value = numbers[i].value;
            return true;
        }
    }
    return false;
}

struct bytes saip_or_default(struct bytes value, enum saip_row row)
{
    for (size_t i = 0; i < ARRAY_LEN(defaults) && !value.p; i++) {
        if (defaults[i].row == row)
            value = defaults[i].contents;
    }
    return value;
}

struct bytes saip_default(const struct saip_member *m)
{
    return saip_or_default(BYTES_NONE, saip_row(m));
}

const char *saip_member_name(const struct saip_member *m, uint8_t major)
{
    for (size_t i = 0; i < ARRAY_LEN(formers); i++) {
        if (formers[i].row == saip_row(m) && major < formers[i].major)
            return formers[i].name;
    }
    return m->name;
}

bool saip_member_is_named(const struct saip_member *m, struct bytes name)
{
    for (size_t i = 0; i < ARRAY_LEN(formers); i++) {
        if (formers[i].row == saip_row(m) && bytes_eq(bytes_cstr(formers[i].name), name))
            return true;
    }
    return bytes_eq(bytes_cstr(m->name), name);
}
