/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of ES12 and ES15. First byte: bit 0 the function, bit 1: a response. */
#include "api/es12/json.h"
#include "fuzz.h"

#define ROOM(n) (8 * (n) + 65536)

static void request_again(const struct es12_request *in, size_t n, struct arena *a)
{
    struct es12_request out;
    struct rsp_status status;
    struct buf first, second;

    buf_init(&first, ROOM(n));
    buf_init(&second, ROOM(n));
    FUZZ_CHECK(es12_encode_request(in, &first) == XK_OK);
    FUZZ_CHECK(es12_decode_request(in->function, buf_bytes(&first), a, &out, &status) == XK_OK);
    FUZZ_CHECK(rsp_succeeded(&status));
    FUZZ_CHECK(es12_encode_request(&out, &second) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&first), buf_bytes(&second)));
    buf_fini(&first);
    buf_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct es12_request request;
    struct rsp_status status;
    enum rsp_function function;
    struct arena a;

    if (n < 1 || data[0] > 3)
        return 0;
    function = data[0] & 1 ? RSP_DELETE_EVENT : RSP_REGISTER_EVENT;
    arena_init(&a, 16 * ROOM(n));
    if (data[0] & 2)
        (void)!es12_decode_response(function, BYTES(data + 1, n - 1), &a, &status);
    else if (es12_decode_request(function, BYTES(data + 1, n - 1), &a, &request, &status) ==
                 XK_OK &&
             rsp_succeeded(&status))
        request_again(&request, n, &a);
    arena_fini(&a);
    return 0;
}
