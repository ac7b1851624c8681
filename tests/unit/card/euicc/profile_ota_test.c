/* SPDX-License-Identifier: Apache-2.0 */
/* Secured packets to a profile: remote file management with the keys and TARs of the package
 * (TS 102 225, TS 102 226 7, TS 31.116), and what the interpreter refuses of them. */
#include "codec/remote/remote.h"
#include "ota_packet.h"
#include "profile_rig.h"
#include "saip_package.h"

#define SERVICES (SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE))
#define TAR_FILES "B00010" /* MF, all access */
#define TAR_USIM "B00120"  /* ADF.USIM, all access */
#define TAR_SOME "B00121"  /* ADF.USIM, what everybody may; nothing outside */
#define TAR_DOMAIN "B20100"
#define LEVEL 0x16
#define TOOLKIT                                                                                    \
    "0100010000020116"                                                                             \
    "03" TAR_DOMAIN "00"
#define SELECT_USIM "00A40404 10" PACKAGE_USIM_AID
#define IMSI PACKAGE_IMSI_EF

struct card {
    struct profile_rig r;
    struct ota_packet o;
    struct remote_result result;
};

static void receivers(struct package *p)
{
    package_usual_domain(p, TOOLKIT);
    package_rfm(p, TAR_FILES, NULL, LEVEL, "00", NULL, NULL);
    package_rfm(p, TAR_USIM, PACKAGE_DOMAIN_AID, LEVEL, "00", PACKAGE_USIM_AID, "00");
    package_rfm(p, TAR_SOME, NULL, LEVEL, "FF", PACKAGE_USIM_AID, "0201FF");
}

static void card_open(struct card *c, const char *tar)
{
    struct package p;

    package_begin(&p, SERVICES);
    receivers(&p);
    package_end(&p);
    profile_rig_open(&c->r);
    profile_rig_must_install(&c->r, package_bytes(&p));
    ota_start(&c->o, tar);
}

static void card_close(struct card *c)
{
    profile_rig_close(&c->r);
}

/* Sends what is sealed; the status of the report, -1 without one that can be opened. */
static int deliver(struct card *c, uint8_t spi2)
{
    profile_rig_bytes(&c->r, BYTES(c->o.apdu, c->o.apdu_n));
    if (!ota_open(&c->o, profile_rig_data(&c->r), spi2))
        return -1;
    return c->o.por.status;
}

static size_t bytes_of(const char *hex, uint8_t *out, size_t cap)
{
    size_t n;

    if (hex_decode(bytes_cstr(hex), out, cap, &n) != XK_OK)
        abort();
    return n;
}

static int send(struct card *c, const char *script)
{
    uint8_t mem[200];

    ota_seal(&c->o, BYTES(mem, bytes_of(script, mem, sizeof mem)));
    return deliver(c, OTA_SPI2);
}

static void expect(struct card *c, const char *script, unsigned run, uint16_t sw, const char *data)
{
    CHECK_INT(send(c, script), SCP80_POR_OK);
    CHECK_OK(remote_read_answer(c->o.por.data, &c->result));
    CHECK_INT(c->result.run, run);
    CHECK_INT(c->result.sw, sw);
    CHECK_HEX(c->result.data, data);
}

/* From the ADF of the receiver: EF.IMSI, EF.AD; PINs are not asked for */
TEST(files_are_read)
{
    struct card c;

    card_open(&c, TAR_USIM);
    expect(&c, "00A40004026F0700B0000009", 2, 0x9000, IMSI);
    /* the data of the last one only */
    expect(&c, "00A40004026F0700B000000900B0000003", 3, 0x9000, "084906");
    card_close(&c);
}

TEST(the_default_directory_is_the_mf)
{
    struct card c;

    card_open(&c, TAR_FILES);
    expect(&c, "00A40004022FE200B000000A", 2, 0x9000, PACKAGE_ICCID_EF);
    /* the ADF is that of the receiver, or none */
    expect(&c, "00A4000C027FFF", 1, 0x6A82, "");
    card_close(&c);
}

TEST(files_are_written)
{
    struct card c;

    card_open(&c, TAR_USIM);
    expect(&c, "00A40004026F0700D6000009084906111111111111", 2, 0x9000, "");
    expect(&c, "00A40004026F0700B0000009", 2, 0x9000, "084906111111111111");
    /* kept */
    CHECK_OK(profile_rig_start(&c.r));
    CHECK_INT(profile_rig_send(&c.r, SELECT_USIM), 0x9000);
    CHECK_INT(profile_rig_send(&c.r, "00200001 08 31323334FFFFFFFF"), 0x9000);
    CHECK_INT(profile_rig_send(&c.r, "00B08700 09"), 0x9000);
    CHECK_HEX(profile_rig_data(&c.r), "084906111111111111");
    card_close(&c);
}

/* TS 102 226 5.1: what waits behind a command without Le is fetched, and not left for the terminal.
 */
TEST(get_response)
{
    struct card c;

    card_open(&c, TAR_FILES);
    expect(&c, "00A40004022FE2", 1, 0x6118, "");
    profile_rig_send(&c.r, "00C00000 18");
    CHECK_INT(c.r.sw, 0x6985);
    expect(&c, "00A40004022FE200C0000018", 2, 0x9000,
           "62168202412183022FE28A01058B032F060B8002000A8800");
    expect(&c, "00A40004022FE200C0000004", 2, 0x6114, "62168202");
    card_close(&c);
}

TEST(what_nobody_may_is_refused)
{
    struct card c;

    card_open(&c, TAR_FILES);
    /* EF.ICCID is written by nobody */
    expect(&c, "00A40004022FE200D600000100", 2, 0x6982, "");
    card_close(&c);
}

TEST(access_domains)
{
    struct card c;

    card_open(&c, TAR_SOME);
    /* EF.AD is read by everybody, EF.IMSI by PIN1 only */
    expect(&c, "00A40004026FAD00B0000004", 2, 0x9000, "00000002");
    expect(&c, "00A40004026F0700B0000009", 2, 0x6982, "");
    /* outside of the ADF nothing may be done, which everybody may */
    expect(&c, "00A40004023F0000A40004022FE200B000000A", 3, 0x6982, "");
    card_close(&c);
}

/* TS 102 226 7: what the terminal selected and proved is the terminal's. */
TEST(the_terminal_does_not_notice)
{
    struct card c;

    card_open(&c, TAR_USIM);
    CHECK_INT(profile_rig_send(&c.r, "00A40804 02 2FE2"), 0x9000);
    expect(&c, "002000010831323334FFFFFFFF00A40004026F0700B0000009", 3, 0x9000, IMSI);
    CHECK_INT(profile_rig_send(&c.r, "00B00000 0A"), 0x9000);
    CHECK_HEX(profile_rig_data(&c.r), PACKAGE_ICCID_EF);
    CHECK_INT(profile_rig_send(&c.r, SELECT_USIM), 0x9000);
    CHECK_INT(profile_rig_send(&c.r, "00B08700 09"), 0x6982);
    /* nor the other way: what the terminal proved opens nothing */
    CHECK_INT(profile_rig_send(&c.r, "00200001 08 31323334FFFFFFFF"), 0x9000);
    memcpy(c.o.c.tar, "\xB0\x01\x21", SCP80_TAR_LEN);
    expect(&c, "00A40004026F0700B0000009", 2, 0x6982, "");
    card_close(&c);
}

TEST(expanded_formats)
{
    struct card c;

    card_open(&c, TAR_USIM);
    CHECK_INT(send(&c, "AA10220700A40004026F07220500B0000009"), SCP80_POR_OK);
    CHECK_OK(remote_read_answer(c.o.por.data, &c.result));
    CHECK_INT(c.result.format, REMOTE_DEFINITE);
    CHECK_INT(c.result.run, 2);
    CHECK_HEX(c.result.data, IMSI);
    CHECK_INT(send(&c, "AE80220700A40004026F07220500B00000090000"), SCP80_POR_OK);
    CHECK_OK(remote_read_answer(c.o.por.data, &c.result));
    CHECK_INT(c.result.format, REMOTE_INDEFINITE);
    CHECK_HEX(c.result.data, IMSI);
    CHECK_INT(send(&c, "AA10220700A40004026F07210500B0000009"), SCP80_POR_OK);
    CHECK_OK(remote_read_answer(c.o.por.data, &c.result));
    CHECK_INT(c.result.run, 1);
    CHECK_INT(c.result.fault, REMOTE_UNKNOWN_TAG);
    card_close(&c);
}

struct refused_command {
    const char *script;
    unsigned run;
    uint16_t sw;
};
static const struct refused_command refused_commands[] = {
    {"00A40004026F0800D6000009000000000000000000", 2, 0x9000}, /* they go on ... */
    {"00A40004026FFF00A40004026F07", 1, 0x6A82},               /* ... until one is refused */
    {"0088008100", 1, 0x6D00},                                 /* AUTHENTICATE */
    {"00A4040010" PACKAGE_USIM_AID, 1, 0x6A86},                /* another application */
    {"A0A40000023F00", 1, 0x6E00},
    {"01A40004023F00", 1, 0x6E00}, /* another channel */
    {"00A400", 0, 0x6700},
    {"00A40004026F0700B00000", 1, 0x6119},   /* the rest is none */
    {"00A4000C026F0700C0000019", 2, 0x6985}, /* nothing waits */
    {"00A4000C026F0700B0000A09", 2, 0x6B00},
};

TEST(commands_that_are_refused)
{
    struct card c;

    card_open(&c, TAR_USIM);
    for (size_t i = 0; i < ARRAY_LEN(refused_commands); i++) {
        CHECK_INT(send(&c, refused_commands[i].script), SCP80_POR_OK);
        CHECK_OK(remote_read_answer(c.o.por.data, &c.result));
        if (c.result.sw != refused_commands[i].sw)
            printf("# %s\n", refused_commands[i].script);
        CHECK_INT(c.result.run, refused_commands[i].run);
        CHECK_INT(c.result.sw, refused_commands[i].sw);
    }
    card_close(&c);
}

/* What the report does not hold goes as messages; what no answer holds is not answered. */
TEST(long_answers)
{
    struct card c;

    card_open(&c, TAR_FILES);
    /* EF.ARR, five records of 32 bytes: 170 bytes of rows */
    CHECK_INT(send(&c, "AE80220700A40004022F06220500B2010420220500B2020420220500B2030420"
                       "220500B2040420220500B20504200000"),
              SCP80_RESPONSE_IN_SUBMIT);
    CHECK_INT(c.o.por.data.n, 0);
    card_close(&c);
}

/* ---- The packet itself ---- */

static void bad_tar(struct ota_packet *o)
{
    o->c.tar[2] ^= 0x40;
}
static void no_cipher(struct ota_packet *o)
{
    o->c.spi1 = SCP80_SPI1_CC | 0x10;
}
static void no_counter(struct ota_packet *o)
{
    o->c.spi1 = SCP80_SPI1_CC | SCP80_SPI1_CIPHER;
}
static void other_version(struct ota_packet *o)
{
    o->c.kic = o->c.kid = 0x22;
}
static void other_algorithm(struct ota_packet *o)
{
    o->c.kic = o->c.kid = 0x15;
}
static void other_mac_key(struct ota_packet *o)
{
    ota_secret(PACKAGE_KIC, &o->keys.kid);
}

struct bad_packet {
    const char *what;
    void (*bend)(struct ota_packet *o);
    int status;
    uint8_t spi2; /* of the report */
};
#define BARE 0x01
static const struct bad_packet bad_packets[] = {
    {"TAR", bad_tar, SCP80_TAR_UNKNOWN, BARE},
    {"ciphering", no_cipher, SCP80_INSUFFICIENT_SECURITY, OTA_SPI2},
    {"counter", no_counter, SCP80_INSUFFICIENT_SECURITY, OTA_SPI2},
    {"key version", other_version, SCP80_UNIDENTIFIED_SECURITY, BARE},
    {"algorithm", other_algorithm, SCP80_UNIDENTIFIED_SECURITY, BARE},
};

#define WRITE_IMSI "00A40004026F0700D6000009084906111111111111"

static void imsi_is(struct card *c, const char *want)
{
    CHECK_INT(profile_rig_send(&c->r, SELECT_USIM), 0x9000);
    CHECK_INT(profile_rig_send(&c->r, "00200001 08 31323334FFFFFFFF"), 0x9000);
    CHECK_INT(profile_rig_send(&c->r, "00B08700 09"), 0x9000);
    CHECK_HEX(profile_rig_data(&c->r), want);
}

TEST(packets_that_are_refused)
{
    uint8_t script[40];
    size_t n = bytes_of(WRITE_IMSI, script, sizeof script);
    struct card c;

    card_open(&c, TAR_USIM);
    for (size_t i = 0; i < ARRAY_LEN(bad_packets); i++) {
        struct ota_packet right = c.o;

        printf("# %s\n", bad_packets[i].what);
        bad_packets[i].bend(&c.o);
        ota_seal(&c.o, BYTES(script, n));
        CHECK_INT(deliver(&c, bad_packets[i].spi2), bad_packets[i].status);
        right.c.counter = c.o.c.counter;
        c.o = right;
    }
    imsi_is(&c, IMSI);
    card_close(&c);
}

TEST(a_wrong_checksum)
{
    uint8_t script[40];
    size_t n = bytes_of(WRITE_IMSI, script, sizeof script);
    struct card c;
    struct ota_packet right;

    card_open(&c, TAR_USIM);
    right = c.o;
    other_mac_key(&c.o);
    ota_seal(&c.o, BYTES(script, n));
    c.o.keys = right.keys; /* the card answers with its own */
    CHECK_INT(deliver(&c, OTA_SPI2), SCP80_RC_CC_DS_FAILED);
    imsi_is(&c, IMSI);
    card_close(&c);
}

/* TS 102 225 5.1.4: a counter counts once, whatever happens to the power. */
TEST(no_packet_twice)
{
    struct card c;

    card_open(&c, TAR_USIM);
    c.o.c.counter = 5;
    expect(&c, WRITE_IMSI, 2, 0x9000, "");
    CHECK_INT(profile_rig_send(&c.r, SELECT_USIM), 0x9000);
    CHECK_OK(profile_rig_start(&c.r));
    c.o.c.counter = 5;
    CHECK_INT(send(&c, "00A40004026F0700D6000009084906222222222222"), SCP80_CNTR_LOW);
    imsi_is(&c, "084906111111111111");
    c.o.c.counter = 6;
    expect(&c, "00A40004026F0700D6000009084906333333333333", 2, 0x9000, "");
    imsi_is(&c, "084906333333333333");
    card_close(&c);
}

/* The domain itself: STORE DATA of nobody's, other commands; nobody is behind it here. */
TEST(the_security_domain)
{
    struct card c;

    card_open(&c, TAR_DOMAIN);
    expect(&c, "80E2880003010203", 1, 0x6A80, "");
    expect(&c, "80E2880005BF2A020102", 1, 0x6A80, "");
    expect(&c, "80F28002024F0000", 1, 0x6D00, "");
    card_close(&c);
}

/* ---- The interpreter ---- */

static void domain_of(struct package *p, const char *toolkit)
{
    package_usual_domain(p, toolkit);
}
static void domain_unknown(struct package *p)
{
    receivers(p);
    package_rfm(p, "B00130", "A000000151000001", LEVEL, "00", NULL, NULL);
}
static void no_domain(struct package *p)
{
    package_rfm(p, "B00130", NULL, LEVEL, "00", NULL, NULL);
}
static void adf_unknown(struct package *p)
{
    receivers(p);
    package_rfm(p, "B00130", NULL, LEVEL, "00", PACKAGE_ISIM_AID, "00");
}
static void tar_twice(struct package *p)
{
    receivers(p);
    package_rfm(p, TAR_USIM, NULL, LEVEL, "00", NULL, NULL);
}
static void toolkit_short(struct package *p)
{
    domain_of(p, "010001000002011606B20100");
}
static void toolkit_two_bytes(struct package *p)
{
    domain_of(p, "0100010000020116"
                 "02B20100");
}
static void two_algorithms(struct package *p)
{
    package_domain(p, PACKAGE_DOMAIN_AID, NULL);
    package_key(p, 1, 1, PACKAGE_AES, PACKAGE_KIC, NULL);
    package_key(p, 1, 2, 0x82, PACKAGE_KID, NULL);
    package_domain_close(p);
}
static void long_key(struct package *p)
{
    package_domain(p, PACKAGE_DOMAIN_AID, NULL);
    package_key(p, 1, 1, PACKAGE_AES, PACKAGE_KIC PACKAGE_KIC "00", NULL);
    package_domain_close(p);
}
static void many_domains(struct package *p)
{
    for (unsigned i = 0; i < 9; i++)
        domain_of(p, NULL);
}
static void many_tars(struct package *p)
{
    char tar[7];

    domain_of(p, NULL);
    for (unsigned i = 0; i < 33; i++) {
        snprintf(tar, sizeof tar, "B002%02X", i);
        package_rfm(p, tar, NULL, LEVEL, "00", NULL, NULL);
    }
}

struct refused_element {
    void (*put)(struct package *p);
    uint32_t status;
    const char *message;
};
static const struct refused_element refused_elements[] = {
    {domain_unknown, RSP_PE_BAD_VALUES, "security domain does not exist"},
    {no_domain, RSP_PE_BAD_VALUES, "security domain does not exist"},
    {adf_unknown, RSP_PE_BAD_VALUES, "ADF does not exist"},
    {tar_twice, RSP_PE_BAD_VALUES, "TAR is taken"},
    {toolkit_short, RSP_PE_BAD_VALUES, "ends before its time"},
    {toolkit_two_bytes, RSP_PE_BAD_VALUES, "three bytes"},
    {two_algorithms, RSP_PE_BAD_VALUES, "two algorithms"},
    {long_key, RSP_PE_BAD_VALUES, "too long"},
    {many_domains, RSP_PE_NOT_ENOUGH_MEMORY, "too many security domains"},
    {many_tars, RSP_PE_NOT_ENOUGH_MEMORY, "too many TARs"},
};

TEST(elements_that_are_refused)
{
    for (size_t i = 0; i < ARRAY_LEN(refused_elements); i++) {
        const struct refused_element *e = &refused_elements[i];
        struct profile_rig r;
        struct package p;

        package_begin(&p, SERVICES);
        e->put(&p);
        package_end(&p);
        profile_rig_open(&r);
        CHECK(profile_rig_install(&r, package_bytes(&p)) != PROFILE_WHOLE);
        CHECK_INT(profile_rig_status(&r), e->status);
        if (!strstr(r.message, e->message))
            printf("# %s\n", r.message);
        CHECK(strstr(r.message, e->message) != NULL);
        profile_rig_close(&r);
    }
}

TESTS_MAIN(XT_CASE(files_are_read), XT_CASE(the_default_directory_is_the_mf),
           XT_CASE(files_are_written), XT_CASE(get_response), XT_CASE(what_nobody_may_is_refused),
           XT_CASE(access_domains), XT_CASE(the_terminal_does_not_notice),
           XT_CASE(expanded_formats), XT_CASE(commands_that_are_refused), XT_CASE(long_answers),
           XT_CASE(packets_that_are_refused), XT_CASE(a_wrong_checksum), XT_CASE(no_packet_twice),
           XT_CASE(the_security_domain), XT_CASE(elements_that_are_refused))
