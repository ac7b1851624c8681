/* SPDX-License-Identifier: Apache-2.0 */
/* A template of anybody's making: what makes a plan makes packages of one size, and each value is
 * there or refused. */
#include "codec/saip/personalise.h"
#include "fuzz.h"

static void write_number(const struct saip_plan *plan, const struct saip_number *number)
{
    enum saip_position failed = SAIP_POSITIONS;
    struct saip_plan *again = NULL;
    struct buf out;

    buf_init(&out, 2 * SAIP_UPP_MAX);
    if (saip_personalise(plan, number, &out, &failed) == XK_OK) {
        FUZZ_CHECK(out.n == saip_plan_size(plan));
        /* a package is a template again, with the same places, and nothing grows any more */
        if (out.n <= SAIP_UPP_MAX && saip_plan_new(buf_bytes(&out), &again) == XK_OK) {
            FUZZ_CHECK(saip_plan_positions(again) == saip_plan_positions(plan));
            FUZZ_CHECK(saip_plan_size(again) == saip_plan_size(plan));
        }
    } else {
        FUZZ_CHECK(out.n == 0 && failed < SAIP_POSITIONS);
    }
    saip_plan_free(again);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct saip_number nothing;
    const struct saip_number numbers[] = {
        nothing,
        {.iccid = "89860098765432109876"},
        {.imsi = "460019876543210", .mnc_length = 3},
        {.pin1 = "1234", .puk1 = "12345678"},
        {.spn = "xieka", .smsc = "+8613800100500"},
        {.impi = "a@b", .impu = "sip:a@b", .domain = "b"},
        {.hplmn = {{"46001", 0}}, .fplmn = {{"46011", 0}}},
        {.routing_indicator = "1", .suci = BYTES_STR("\xA0\x02")},
    };
    struct saip_plan *plan = NULL;

    if (saip_plan_new(BYTES(data, n), &plan) != XK_OK)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        write_number(plan, &numbers[i]);
    saip_plan_free(plan);
    return 0;
}
