/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of ES9+ and ES11 in JSON. First byte: the function, its top bit: a response. What is taken
 * is written the same twice. (The ASN.1 binding: target rsp.) */
#include "api/es9p/json.h"
#include "fuzz.h"

#define RESPONSE 0x80
#define ROOM(n) (4 * (n) + 65536)

static void request_again(const struct rsp_es9p_request *in, size_t n, struct arena *a)
{
    struct rsp_es9p_request out;
    struct rsp_status status;
    struct buf first, second;

    buf_init(&first, ROOM(n));
    buf_init(&second, ROOM(n));
    FUZZ_CHECK(es9p_json_encode_request(in, &first) == XK_OK);
    FUZZ_CHECK(es9p_json_decode_request(in->function, buf_bytes(&first), a, &out, &status) ==
               XK_OK);
    FUZZ_CHECK(rsp_succeeded(&status));
    FUZZ_CHECK(es9p_json_encode_request(&out, &second) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&first), buf_bytes(&second)));
    buf_fini(&first);
    buf_fini(&second);
}

static void response_again(const struct rsp_es9p_response *in, size_t n, struct arena *a)
{
    struct rsp_es9p_response out;
    struct buf first, second;

    buf_init(&first, ROOM(n));
    buf_init(&second, ROOM(n));
    if (es9p_json_encode_response(in, &first) == XK_OK) {
        FUZZ_CHECK(es9p_json_decode_response(in->function, buf_bytes(&first), a, &out) == XK_OK);
        FUZZ_CHECK(es9p_json_encode_response(&out, &second) == XK_OK);
        FUZZ_CHECK(bytes_eq(buf_bytes(&first), buf_bytes(&second)));
    }
    buf_fini(&first);
    buf_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rsp_es9p_request request;
    struct rsp_es9p_response response;
    struct rsp_status status;
    enum rsp_function function;
    struct bytes json;
    struct arena a;

    if (n < 1 || (data[0] & ~RESPONSE) >= RSP_FUNCTION_COUNT)
        return 0;
    function = (enum rsp_function)(data[0] & ~RESPONSE);
    if (!es9p_path(function))
        return 0;
    json = BYTES(data + 1, n - 1);
    arena_init(&a, 16 * ROOM(n));
    if (data[0] & RESPONSE) {
        if (es9p_json_decode_response(function, json, &a, &response) == XK_OK)
            response_again(&response, n, &a);
    } else if (es9p_json_decode_request(function, json, &a, &request, &status) == XK_OK &&
               rsp_succeeded(&status)) {
        request_again(&request, n, &a);
    }
    arena_fini(&a);
    return 0;
}
