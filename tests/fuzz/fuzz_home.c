/* SPDX-License-Identifier: Apache-2.0 */
/* The home network interface: numbers to open, results, events; what is taken says the same when it
 * is written again. */
#include "fuzz.h"

#include "api/home/home.h"

#define LIST_MAX 8

static void try_events(struct bytes body)
{
    struct home_event in[LIST_MAX], out[LIST_MAX];
    struct buf text, why;
    size_t n, again;

    buf_init(&text, 1 << 20);
    buf_init(&why, 1000);
    if (home_decode_events(body, in, LIST_MAX, &n, &why) == XK_OK) {
        FUZZ_CHECK(home_encode_events(in, n, &text) == XK_OK);
        FUZZ_CHECK(home_decode_events(buf_bytes(&text), out, LIST_MAX, &again, &why) == XK_OK);
        FUZZ_CHECK(again == n);
        for (size_t i = 0; i < n; i++)
            FUZZ_CHECK(in[i].seq == out[i].seq && in[i].time == out[i].time &&
                       strcmp(in[i].imsi, out[i].imsi) == 0);
    } else {
        FUZZ_CHECK(why.n > 0);
    }
    buf_fini(&text);
    buf_fini(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t key[HOME_KEY_LEN] = {1};
    struct home_subscriber subscribers[LIST_MAX];
    struct home_result results[LIST_MAX];
    uint64_t seq;
    struct buf why;
    size_t count;

    buf_init(&why, 1000);
    if (home_decode_subscribers(BYTES(data, n), key, subscribers, LIST_MAX, &count, &why) != XK_OK)
        FUZZ_CHECK(why.n > 0);
    buf_fini(&why);
    if (home_decode_results(BYTES(data, n), results, LIST_MAX, &count) == XK_OK)
        FUZZ_CHECK(count <= LIST_MAX);
    if (home_decode_taken(BYTES(data, n), &seq) == XK_OK)
        FUZZ_CHECK(seq <= INT64_MAX);
    try_events(BYTES(data, n));
    return 0;
}
