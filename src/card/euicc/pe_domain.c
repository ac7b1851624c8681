/* SPDX-License-Identifier: Apache-2.0 */
/* Security domains and remote file management: who receives secured packets, and with which keys
 * (SAIP 8.7, 8.8; TS 102 225, TS 102 226). Keys of other protocols (SCP02, SCP03, SCP81) are kept
 * with the element. */
#include "card/euicc/profile_build.h"

#define KVN_FIRST 0x01 /* key versions of SCP80 */
#define KVN_LAST 0x0F
#define KEY_ENC 1
#define KEY_MAC 2
#define TYPE_DES 0x80
#define TYPE_3DES 0x82
#define TYPE_AES 0x88
#define KEY_LEN_3DES_3 24
#define COUNTER_LEN 5
/* Access domain parameter, TS 102 226 8.2.1.3.2.5 */
#define DOMAIN_FULL 0x00
#define DOMAIN_NONE 0xFF
#define MSL_SPI1 0x01 /* parameter of the minimum security level: SPI1 follows */
#define DEFAULT_DOMAIN 0

/* ---- Keys ---- */

static struct ota_set *set_of(struct profile_builder *b, uint8_t domain, uint8_t version)
{
    for (unsigned i = 0; i < b->ota.sets; i++) {
        if (b->sets[i].domain == domain && b->sets[i].version == version)
            return &b->sets[i];
    }
    if (b->ota.sets >= OTA_SETS_MAX)
        return NULL;
    b->sets[b->ota.sets] = (struct ota_set){.domain = domain, .version = version};
    return &b->sets[b->ota.sets++];
}

/* The low nibble of KIc and KID that goes with a key (TS 102 225 5.1.2); 0: not one of ours. */
static uint8_t algorithm_of(const struct saip_component *c)
{
    uint8_t type = c->type.n == 1 ? c->type.p[0] : 0;

    if (type == TYPE_AES)
        return SCP80_ALG_AES;
    if (type == TYPE_DES || type == TYPE_3DES)
        return c->data.n == KEY_LEN_3DES_3 ? SCP80_ALG_3DES_3 : SCP80_ALG_3DES_2;
    return 0;
}

static uint64_t counter_of(struct bytes counter)
{
    uint64_t v = 0;

    for (size_t i = 0; i < counter.n && counter.n <= COUNTER_LEN; i++)
        v = v << 8 | counter.p[i];
    return v;
}

static enum xk_err add_key(struct profile_builder *b, uint8_t domain, const struct saip_key *key)
{
    struct cur components = cur_of(key->components);
    struct saip_component c;
    struct ota_set *set;
    uint64_t counter = counter_of(key->counter);

    if (key->version < KVN_FIRST || key->version > KVN_LAST ||
        (key->identifier != KEY_ENC && key->identifier != KEY_MAC) || components.n == 0)
        return XK_OK;
    TRY(saip_next_component(&components, &c));
    if (algorithm_of(&c) == 0)
        return XK_OK;
    if (c.data.n > OTA_SET_KEY_MAX)
        return build_refuse(b, RSP_PE_BAD_VALUES, "keyList", "a key of SCP80 is too long");
    set = set_of(b, domain, key->version);
    if (!set)
        return build_refuse(b, RSP_PE_NOT_ENOUGH_MEMORY, "keyList", "too many key sets");
    if (set->algorithm != 0 && set->algorithm != algorithm_of(&c))
        return build_refuse(b, RSP_PE_BAD_VALUES, "keyList", "one key set, two algorithms");
    set->algorithm = algorithm_of(&c);
    if (counter > set->counter)
        set->counter = counter;
    if (key->identifier == KEY_ENC) {
        set->kic_n = (uint8_t)c.data.n;
        memcpy(set->kic, c.data.p, c.data.n);
    } else {
        set->kid_n = (uint8_t)c.data.n;
        memcpy(set->kid, c.data.p, c.data.n);
    }
    return XK_OK;
}

/* ---- Receivers ---- */

static enum xk_err add_receiver(struct profile_builder *b, struct bytes tar,
                                const struct ota_receiver *like)
{
    struct ota_receiver *r = &b->receivers[b->ota.receivers];

    if (tar.n != SCP80_TAR_LEN)
        return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "a TAR is three bytes long");
    for (unsigned i = 0; i < b->ota.receivers; i++) {
        if (bytes_eq(BYTES_OF(b->receivers[i].tar), tar))
            return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "the TAR is taken already");
    }
    if (b->ota.receivers >= OTA_RECEIVERS_MAX)
        return build_refuse(b, RSP_PE_NOT_ENOUGH_MEMORY, NULL, "too many TARs");
    *r = *like;
    memcpy(r->tar, tar.p, tar.n);
    b->ota.receivers++;
    return XK_OK;
}

/* TS 102 226 8.2.1.3.2.1: priority timers text menu { position id } channels MSL-length MSL
 * TAR-length TARs services. Anything shorter names no TAR. */
static enum xk_err add_toolkit(struct profile_builder *b, struct bytes toolkit,
                               struct ota_receiver *r)
{
    struct cur c = cur_of(toolkit), level;
    struct bytes tars;

    (void)cur_take(&c, 3);
    (void)cur_take(&c, (size_t)2 * cur_u8(&c));
    (void)cur_u8(&c);
    level = cur_of(cur_take(&c, cur_u8(&c)));
    tars = cur_take(&c, cur_u8(&c));
    if (c.bad)
        return build_refuse(b, RSP_PE_BAD_VALUES, "uiccToolkitApplicationSpecificParametersField",
                            "ends before its time");
    if (level.n >= 2 && cur_u8(&level) == MSL_SPI1)
        r->spi1_minimum = cur_u8(&level);
    for (size_t at = 0; at < tars.n && !build_refused(b); at += SCP80_TAR_LEN)
        TRY(add_receiver(b, bytes_part(tars, at, SCP80_TAR_LEN), r));
    return XK_OK;
}

static enum xk_err take_domain(struct profile_builder *b, const struct saip_domain *domain)
{
    struct bytes aid = domain->instance.instance_aid;
    struct ota_receiver r = {.domain = b->n_domains, .kind = OTA_DOMAIN, .adf = FILE_NONE};
    struct cur keys = cur_of(domain->keys);
    struct saip_key key;

    if (b->n_domains >= BUILD_DOMAINS_MAX)
        return build_refuse(b, RSP_PE_NOT_ENOUGH_MEMORY, NULL, "too many security domains");
    while (keys.n > 0 && !build_refused(b)) {
        TRY(saip_next_key(&keys, &key));
        TRY(add_key(b, r.domain, &key));
    }
    if (!build_refused(b) && domain->instance.toolkit.n > 0)
        TRY(add_toolkit(b, domain->instance.toolkit, &r));
    if (aid.n <= PROFILE_AID_MAX) {
        b->domains[b->n_domains].aid_n = (uint8_t)aid.n;
        memcpy(b->domains[b->n_domains].aid, aid.p, aid.n);
    }
    b->n_domains++;
    return XK_OK;
}

enum xk_err pe_domain(struct profile_builder *b, const struct saip_pe *pe)
{
    struct saip_domain domain;
    enum xk_err err = saip_decode_domain(pe, &domain);

    if (err != XK_OK)
        return build_refuse_err(b, err, NULL, NULL);
    TRY(take_domain(b, &domain));
    return build_refused(b) ? XK_OK : build_keep(b, pe);
}

/* ---- Remote file management ---- */

/* What the access domain says in another way (by PINs) is not understood here and gives no more
 * than everybody has. */
static enum remote_access access_of(struct bytes domain)
{
    if (domain.n == 1 && domain.p[0] == DOMAIN_FULL)
        return REMOTE_FULL;
    if (domain.n == 1 && domain.p[0] == DOMAIN_NONE)
        return REMOTE_NONE;
    return REMOTE_ALWAYS;
}

static unsigned adf_named(const struct profile_builder *b, struct bytes aid)
{
    for (unsigned i = 0; i < b->head.files; i++) {
        if (b->files[i].aid_n > 0 && bytes_eq(BYTES(b->files[i].aid, b->files[i].aid_n), aid))
            return i;
    }
    return NO_FILE;
}

/* n_domains when there is none of that name. */
static uint8_t domain_named(const struct profile_builder *b, struct bytes aid)
{
    uint8_t i = 0;

    if (!aid.p)
        return DEFAULT_DOMAIN;
    while (i < b->n_domains && !bytes_eq(BYTES(b->domains[i].aid, b->domains[i].aid_n), aid))
        i++;
    return i;
}

enum xk_err pe_rfm(struct profile_builder *b, const struct saip_pe *pe)
{
    struct saip_rfm rfm;
    enum xk_err err = saip_decode_rfm(pe, &rfm);
    struct ota_receiver r = {.kind = OTA_FILES, .adf = FILE_NONE};
    struct bytes tar;
    struct cur tars;

    if (err != XK_OK)
        return build_refuse_err(b, err, NULL, NULL);
    r.spi1_minimum = rfm.security_level;
    r.domain = domain_named(b, rfm.domain_aid);
    r.shared = access_of(rfm.uicc_access);
    r.adf_own = access_of(rfm.adf_access);
    if (rfm.has_adf)
        r.adf = (uint16_t)adf_named(b, rfm.adf_aid);
    if (r.domain >= b->n_domains)
        return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "its security domain does not exist");
    if (rfm.has_adf && r.adf == NO_FILE)
        return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "its ADF does not exist");
    tars = cur_of(rfm.tars);
    while (tars.n > 0 && !build_refused(b)) {
        TRY(saip_next_octets(&tars, &tar));
        TRY(add_receiver(b, tar, &r));
    }
    return build_refused(b) ? XK_OK : build_keep(b, pe);
}
