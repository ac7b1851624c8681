/* SPDX-License-Identifier: Apache-2.0 */
/* Elements for files, and generic file management: what stands there, step by step. */
#include "codec/saip/schema.h"

const char *saip_element_name(enum saip_type type, uint32_t tag)
{
    const struct saip_member *m = NULL;

    if (saip_type_has_files(type))
        m = saip_member_of_tag(saip_structure_of(type), tag);
    return m ? m->name : NULL;
}

uint32_t saip_element_tag(enum saip_type type, struct bytes name)
{
    const struct saip_member *m = NULL;

    if (saip_type_has_files(type))
        m = saip_member_of_name(saip_structure_of(type), name);
    return m ? m->tag : 0;
}

enum xk_err saip_decode_files(const struct saip_pe *pe, struct saip_files *out)
{
    struct cur c = cur_of(pe->value);
    struct tlv header, id;

    if (!saip_type_has_files(pe->type))
        return XK_E_FORMAT;
    TRY(saip_sequence(saip_structure_of(pe->type), pe->value, NULL, NULL));
    TRY(tlv_next(&c, &header));
    TRY(tlv_next(&c, &id));
    out->template_id = id.value;
    out->files = cur_rest(&c);
    return XK_OK;
}

enum xk_err saip_next_file(enum saip_type type, struct cur *c, struct saip_file *out)
{
    struct tlv t;

    TRY(tlv_next(c, &t));
    *out =
        (struct saip_file){.tag = t.tag, .name = saip_element_name(type, t.tag), .steps = t.value};
    return XK_OK;
}

static enum xk_err next_step(enum saip_structure choice, const enum saip_step_kind *kinds,
                             struct cur *c, struct saip_step *out)
{
    const struct saip_member *m;
    struct tlv t;

    TRY(tlv_next(c, &t));
    m = saip_member_of_tag(choice, t.tag);
    if (!m)
        return XK_E_FORMAT;
    TRY(saip_check_value(m, t.value));
    *out = (struct saip_step){
        .kind = kinds[m - saip_members(choice)],
        .value = t.value,
        .offset = m->kind == SAIP_INTEGER ? saip_integer(t.value) : 0,
        .raw = t.raw,
    };
    return XK_OK;
}

enum xk_err saip_next_step(struct cur *c, struct saip_step *out)
{
    static const enum saip_step_kind kinds[] = {
        [MEMBER_AT(FILE, DO_NOT_CREATE)] = SAIP_DO_NOT_CREATE,
        [MEMBER_AT(FILE, FCP)] = SAIP_DESCRIPTOR,
        [MEMBER_AT(FILE, OFFSET)] = SAIP_OFFSET,
        [MEMBER_AT(FILE, CONTENT)] = SAIP_CONTENT,
    };

    return next_step(SAIP_STRUCTURE_FILE, kinds, c, out);
}

enum xk_err saip_next_gfm_step(struct cur *c, struct saip_step *out)
{
    static const enum saip_step_kind kinds[] = {
        [MEMBER_AT(GFM_STEP, PATH)] = SAIP_FILE_PATH,
        [MEMBER_AT(GFM_STEP, FCP)] = SAIP_DESCRIPTOR,
        [MEMBER_AT(GFM_STEP, OFFSET)] = SAIP_OFFSET,
        [MEMBER_AT(GFM_STEP, CONTENT)] = SAIP_CONTENT,
    };

    return next_step(SAIP_STRUCTURE_GFM_STEP, kinds, c, out);
}

enum xk_err saip_decode_gfm(const struct saip_pe *pe, struct bytes *commands)
{
    struct bytes m[MEMBER_AT(GFM, COMMANDS) + 1];

    if (pe->type != SAIP_GFM)
        return XK_E_FORMAT;
    TRY(saip_sequence(SAIP_STRUCTURE_GFM, pe->value, m, NULL));
    *commands = m[MEMBER_AT(GFM, COMMANDS)];
    return XK_OK;
}

enum xk_err saip_next_command(struct cur *c, struct bytes *steps)
{
    return saip_next_entry(SAIP_STRUCTURE_GFM_ENTRY, c, steps);
}

static enum xk_err read_proprietary(struct bytes value, struct saip_fcp *out)
{
    struct bytes m[MEMBER_AT(PROPRIETARY, DETAILS) + 1];

    if (!value.p)
        return XK_OK;
    TRY(saip_sequence(SAIP_STRUCTURE_PROPRIETARY, value, m, NULL));
    out->special = m[MEMBER_AT(PROPRIETARY, SPECIAL)];
    out->fill = m[MEMBER_AT(PROPRIETARY, FILL)];
    out->repeat = m[MEMBER_AT(PROPRIETARY, REPEAT)];
    out->maximum = m[MEMBER_AT(PROPRIETARY, MAXIMUM)];
    out->details = m[MEMBER_AT(PROPRIETARY, DETAILS)];
    return XK_OK;
}

enum xk_err saip_decode_fcp(struct bytes value, struct saip_fcp *out)
{
    struct bytes m[MEMBER_AT(FCP, LINK) + 1];
    struct saip_fcp fcp;

    TRY(saip_sequence(SAIP_STRUCTURE_FCP, value, m, NULL));
    fcp = (struct saip_fcp){
        .descriptor = m[MEMBER_AT(FCP, DESCRIPTOR)],
        .fid = m[MEMBER_AT(FCP, FID)],
        .df_name = m[MEMBER_AT(FCP, DF_NAME)],
        .lcsi = m[MEMBER_AT(FCP, LCSI)],
        .arr = m[MEMBER_AT(FCP, ARR)],
        .size = m[MEMBER_AT(FCP, SIZE)],
        .pin_status = m[MEMBER_AT(FCP, PIN_STATUS)],
        .sfi = m[MEMBER_AT(FCP, SFI)],
        .link = m[MEMBER_AT(FCP, LINK)],
    };
    TRY(read_proprietary(m[MEMBER_AT(FCP, PROPRIETARY)], &fcp));
    *out = fcp;
    return XK_OK;
}
