/* SPDX-License-Identifier: Apache-2.0 */
/* A small profile package for tests: MF, one USIM with Milenage, a PIN with its PUK. Everything in
 * it is made here, so that tests need no published profile. */
#ifndef TESTS_RSP_PROFILE_H
#define TESTS_RSP_PROFILE_H

#include "codec/der/der.h"
#include "codec/rsp/iccid.h"

#define PROFILE_IMSI "\x08\x09\x10\x10\x10\x32\x54\x76\x98"
#define PROFILE_K "\x46\x5B\x5C\xE8\xB1\x99\xB4\x9F\xAA\x5F\x0A\x2E\xE2\x38\xA6\xBC"
#define PROFILE_OPC "\xCD\x63\xCB\x71\x95\x4A\x9F\x4E\x48\xA5\x99\x4E\x37\xA0\x2B\xAF"

static inline void profile_pe_header(struct buf *b, uint8_t identification)
{
    size_t at = der_begin(b, 0xA0);

    der_put_null(b, 0x80);
    der_put_int(b, 0x81, identification);
    der_close(b, at);
}

/* descriptor and size: an Fcp with 82 and 80; content: the file's */
static inline void profile_file(struct buf *b, uint32_t tag, struct bytes descriptor, uint8_t size,
                                struct bytes content)
{
    size_t at = der_begin(b, tag), fcp;

    if (descriptor.n > 0) {
        fcp = der_begin(b, 0xA1);
        der_put(b, 0x82, descriptor);
        der_put(b, 0x80, BYTES(&size, 1));
        der_close(b, fcp);
    }
    if (content.n > 0)
        der_put(b, 0x83, content);
    der_close(b, at);
}

/* EF.ARR with the records that the templates name. 1, 10, 11: all may read, nobody updates; the
 * others: PIN1 reads and updates. */
static inline void profile_rules(struct buf *b, uint32_t tag)
{
    static const char all[] = "\x80\x01\x01\x90\x00\x80\x01\x02\x97\x00\xFF\xFF\xFF\xFF\xFF\xFF";
    static const char pin[] = "\x80\x01\x03\xA4\x06\x83\x01\x01\x95\x01\x08\xFF\xFF\xFF\xFF\xFF";
    uint8_t records[14][16];

    for (size_t i = 0; i < ARRAY_LEN(records); i++)
        memcpy(records[i], i == 0 || i == 9 || i == 10 ? all : pin, sizeof records[i]);
    profile_file(b, tag, BYTES_STR("\x42\x21\x00\x10"), sizeof records,
                 BYTES(records[0], sizeof records));
}

/* A DF: its PIN status, for an ADF its temporary FID and name. */
static inline void profile_directory(struct buf *b, uint32_t tag, struct bytes aid)
{
    size_t at = der_begin(b, tag), fcp = der_begin(b, 0xA1);

    der_put(b, 0x82, BYTES_STR("\x78\x21"));
    if (aid.n > 0) {
        der_put(b, 0x83, BYTES_STR("\x7F\xD0"));
        der_put(b, 0x84, aid);
    }
    der_put(b, 0x8B, BYTES_STR("\x2F\x06\x02"));
    der_put(b, 0xC6, BYTES_STR("\x90\x01\x80\x83\x01\x01"));
    der_close(b, fcp);
    der_close(b, at);
}

static inline void profile_put_mf(struct buf *b, struct bytes iccid)
{
    size_t at = der_begin(b, 0xB0);

    profile_pe_header(b, 1);
    der_put(b, 0x81, BYTES_STR("\x67\x81\x0F\x01\x02\x01"));
    profile_directory(b, 0xA2, BYTES_NONE);
    profile_file(b, 0xA4, BYTES_NONE, 0, iccid);
    profile_file(b, 0xA5, BYTES_STR("\x42\x21\x00\x1A"), 0x1A,
                 BYTES_STR("\x61\x12\x4F\x10\xA0\x00\x00\x00\x87\x10\x02\xFF\x86\xFF\xFF\x89"
                           "\xFF\xFF\xFF\xFF"));
    profile_rules(b, 0xA6);
    der_close(b, at);
}

static inline void profile_put_codes(struct buf *b)
{
    size_t at = der_begin(b, 0xA3), list, one;

    profile_pe_header(b, 2);
    list = der_begin(b, 0xA1);
    one = der_begin(b, DER_SEQUENCE);
    der_put_int(b, 0x80, 1);
    der_put(b, 0x81, BYTES_STR("12345678"));
    der_close(b, one);
    der_close(b, list);
    der_close(b, at);
    at = der_begin(b, 0xA2);
    profile_pe_header(b, 3);
    list = der_begin(b, 0xA1);
    one = der_begin(b, 0xA0);
    {
        size_t pin = der_begin(b, DER_SEQUENCE);

        der_put_int(b, 0x80, 1);
        der_put(b, 0x81, BYTES_STR("1234\xFF\xFF\xFF\xFF"));
        der_put_int(b, 0x82, 1);
        der_put_int(b, 0x83, 6); /* disabled, may be enabled and changed */
        der_close(b, pin);
    }
    der_close(b, one);
    der_close(b, list);
    der_close(b, at);
}

static inline void profile_put_usim(struct buf *b)
{
    size_t at = der_begin(b, 0xB3), aka, keys;

    profile_pe_header(b, 4);
    der_put(b, 0x81, BYTES_STR("\x67\x81\x0F\x01\x02\x04"));
    profile_directory(
        b, 0xA2, BYTES_STR("\xA0\x00\x00\x00\x87\x10\x02\xFF\x86\xFF\xFF\x89\xFF\xFF\xFF\xFF"));
    profile_file(b, 0xA3, BYTES_NONE, 0, BYTES(PROFILE_IMSI, 9));
    profile_rules(b, 0xA4);
    profile_file(b, 0xA8, BYTES_NONE, 0, BYTES_STR("\x0A\x2E\x17\x8C\xE7\x32\x00"));
    profile_file(b, 0xAD, BYTES_NONE, 0, BYTES_STR("\x00xieka"));
    profile_file(b, 0xAE, BYTES_NONE, 0, BYTES(&"\0", 1));
    profile_file(b, 0xB2, BYTES_NONE, 0, BYTES(&"\0\2", 2));
    profile_file(b, 0xB6, BYTES_NONE, 0, BYTES_STR("\x11\xF2\xFF\x01"));
    der_close(b, at);
    at = der_begin(b, 0xA4);
    profile_pe_header(b, 5);
    aka = der_begin(b, 0xA1);
    keys = der_begin(b, 0xA1);
    der_put_int(b, 0x80, 1);
    der_put(b, 0x81, BYTES(&"\1", 1));
    der_put(b, 0x82, BYTES(PROFILE_K, 16));
    der_put(b, 0x83, BYTES(PROFILE_OPC, 16));
    der_close(b, keys);
    der_close(b, aka);
    der_close(b, at);
}

/* iccid: as in tag 5A, swapped */
static inline void profile_put(struct buf *b, const uint8_t iccid[ICCID_LEN])
{
    uint8_t plain[ICCID_LEN];
    size_t at = der_begin(b, 0xA0), services;

    iccid_swap(iccid, plain);
    der_put_int(b, 0x80, 2);
    der_put_int(b, 0x81, 3);
    der_put(b, 0x83, BYTES_OF(plain));
    services = der_begin(b, 0xA5);
    der_put_null(b, 0x81);
    der_put_null(b, 0x84);
    der_close(b, services);
    der_put(b, 0xA6, BYTES_STR(""));
    der_close(b, at);
    profile_put_mf(b, BYTES(iccid, ICCID_LEN));
    profile_put_codes(b);
    profile_put_usim(b);
    at = der_begin(b, 0xAA);
    profile_pe_header(b, 6);
    der_close(b, at);
}

#endif
