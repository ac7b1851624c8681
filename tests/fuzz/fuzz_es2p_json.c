/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of ES2+. First byte: the function, its top bit: a response. What is taken is written and
 * read again with the same digest, which is what tells a repeated call from another one. */
#include "api/es2p/json.h"
#include "fuzz.h"

#define RESPONSE 0x80
#define ROOM(n) (8 * (n) + 65536)

static void request_again(const struct es2p_request *in, size_t n, struct arena *a)
{
    struct es2p_request out;
    struct rsp_status status;
    struct buf first, second;

    buf_init(&first, ROOM(n));
    buf_init(&second, ROOM(n));
    FUZZ_CHECK(es2p_encode_request(in, &first) == XK_OK);
    FUZZ_CHECK(es2p_decode_request(in->function, buf_bytes(&first), a, &out, &status) == XK_OK);
    FUZZ_CHECK(rsp_succeeded(&status));
    FUZZ_CHECK(es2p_encode_request(&out, &second) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&first), buf_bytes(&second)));
    FUZZ_CHECK(memcmp(in->digest, out.digest, sizeof out.digest) == 0);
    buf_fini(&first);
    buf_fini(&second);
}

static void response_again(const struct es2p_response *in, size_t n, struct arena *a)
{
    struct es2p_response out;
    struct buf first, second;

    buf_init(&first, ROOM(n));
    buf_init(&second, ROOM(n));
    if (es2p_encode_response(in, &first) == XK_OK) {
        FUZZ_CHECK(es2p_decode_response(in->function, buf_bytes(&first), a, &out) == XK_OK);
        FUZZ_CHECK(es2p_encode_response(&out, &second) == XK_OK);
        FUZZ_CHECK(bytes_eq(buf_bytes(&first), buf_bytes(&second)));
    }
    buf_fini(&first);
    buf_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct es2p_request request;
    struct es2p_response response;
    struct rsp_status status;
    enum rsp_function function;
    struct arena a;

    if (n < 1 || (data[0] & ~RESPONSE) >= RSP_FUNCTION_COUNT)
        return 0;
    function = (enum rsp_function)(data[0] & ~RESPONSE);
    if (!es2p_path(function))
        return 0;
    arena_init(&a, 16 * ROOM(n));
    if (data[0] & RESPONSE) {
        if (es2p_decode_response(function, BYTES(data + 1, n - 1), &a, &response) == XK_OK)
            response_again(&response, n, &a);
    } else if (es2p_decode_request(function, BYTES(data + 1, n - 1), &a, &request, &status) ==
                   XK_OK &&
               rsp_succeeded(&status)) {
        request_again(&request, n, &a);
    }
    arena_fini(&a);
    return 0;
}
