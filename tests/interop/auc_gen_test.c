/* SPDX-License-Identifier: Apache-2.0 */
/* Our authentication vectors against Debian's osmo-auc-gen (libosmocore-utils): a thousand random
 * subscribers, then resynchronisations, in which it checks our card's AUTS and counts on from the
 * SQN that it found there. */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/aka.h"
#include "crypto/milenage.h"
#include "xt.h"

#define SUBSCRIBERS 1000
#define RESYNCHRONISATIONS 300 /* a process each, as above: the test is to stay under 20 s */
#define SEED 35208
#define ANSWER_MAX 2048
#define ARGS_MAX 24
#define TEXT_MAX 64

struct question {
    char text[ARGS_MAX][TEXT_MAX];
    size_t n;
};

static void ask(struct question *q, const char *option, const char *value)
{
    const char *both[] = {option, value};

    for (size_t i = 0; i < 2; i++) {
        snprintf(q->text[q->n], TEXT_MAX, "%s", both[i]);
        q->n++;
    }
}

static void ask_hex(struct question *q, const char *option, struct bytes value)
{
    char text[TEXT_MAX];

    ask(q, option, hex_encode_lower(value, text));
}

static size_t read_all(int fd, char *out, size_t cap)
{
    size_t n = 0;
    ssize_t got;

    while (n + 1 < cap && (got = read(fd, out + n, cap - 1 - n)) > 0)
        n += (size_t)got;
    out[n] = '\0';
    return n;
}

/* The exit code, or -1 when the program is not there; its output is in answer. */
static int run(struct question *q, char answer[ANSWER_MAX])
{
    posix_spawn_file_actions_t actions;
    char *argv[ARGS_MAX + 1] = {NULL};
    int fds[2], status = 0, err;
    pid_t pid;

    for (size_t i = 0; i < q->n; i++)
        argv[i] = q->text[i];
    if (pipe(fds) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
    posix_spawn_file_actions_adddup2(&actions, fds[1], 2);
    posix_spawn_file_actions_addclose(&actions, fds[0]);
    err = posix_spawnp(&pid, "osmo-auc-gen", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    if (err == 0)
        read_all(fds[0], answer, ANSWER_MAX);
    close(fds[0]);
    if (err != 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

/* The text behind "NAME:\t" at the start of a line, as far as the line goes. */
static const char *field(const char *answer, const char *name, char out[TEXT_MAX])
{
    char key[TEXT_MAX];
    const char *at;

    snprintf(key, sizeof key, "\n%s:\t", name);
    at = strstr(answer, key);
    if (!at)
        return "absent";
    at += strlen(key);
    snprintf(out, TEXT_MAX, "%.*s", (int)strcspn(at, "\n"), at);
    return out;
}

static bool have_oracle(void)
{
    struct question q = {.n = 0};
    char answer[ANSWER_MAX];

    ask(&q, "osmo-auc-gen", "-h");
    return run(&q, answer) >= 0 && strstr(answer, "--opc") != NULL;
}

struct subscriber {
    struct aka_subscriber aka;
    uint8_t op[16];
    uint8_t rand[AKA_RAND_LEN], sqn[AKA_SQN_LEN], amf[AKA_AMF_LEN];
};

static struct subscriber random_subscriber(const struct xk_rand *rand)
{
    struct subscriber s = {.aka = {.algorithm = AKA_MILENAGE}};

    s.aka.k.n = s.aka.opc.n = 16;
    xk_rand_fill(rand, s.aka.k.bytes, 16);
    xk_rand_fill(rand, s.op, sizeof s.op);
    xk_rand_fill(rand, s.rand, sizeof s.rand);
    xk_rand_fill(rand, s.sqn, sizeof s.sqn);
    xk_rand_fill(rand, s.amf, sizeof s.amf);
    s.sqn[0] &= 0x7F; /* room to count on */
    CHECK_OK(milenage_opc(secret_bytes(&s.aka.k), s.op, s.aka.opc.bytes));
    return s;
}

/* Told OP by every fourth question, OPc by the others */
static struct question question_of(const struct subscriber *s, size_t i)
{
    struct question q = {.n = 0};

    ask(&q, "osmo-auc-gen", "-3");
    ask(&q, "-a", "milenage");
    ask_hex(&q, "-k", secret_bytes(&s->aka.k));
    if (i % 4 == 0)
        ask_hex(&q, "-O", BYTES_OF(s->op));
    else
        ask_hex(&q, "-o", secret_bytes(&s->aka.opc));
    ask_hex(&q, "-r", BYTES_OF(s->rand));
    ask_hex(&q, "-f", BYTES_OF(s->amf));
    return q;
}

static void check_vector(const struct aka_vector *v, const char *answer)
{
    char text[TEXT_MAX];

    CHECK_HEX(BYTES_OF(v->autn), field(answer, "AUTN", text));
    CHECK_HEX(BYTES(v->res, v->res_n), field(answer, "RES", text));
    CHECK_HEX(BYTES_OF(v->ck), field(answer, "CK", text));
    CHECK_HEX(BYTES_OF(v->ik), field(answer, "IK", text));
    CHECK_HEX(BYTES_OF(v->sres), field(answer, "SRES", text));
    CHECK_HEX(BYTES_OF(v->kc), field(answer, "Kc", text));
}

/* TS 33.102 6.3.2 */
TEST(vectors_are_equal)
{
    struct xk_prng prng = {.state = SEED};
    struct xk_rand rand = xk_rand_prng(&prng);

    if (!have_oracle())
        SKIP("osmo-auc-gen is not installed");
    for (size_t i = 0; i < SUBSCRIBERS && !xt_failures; i++) {
        struct subscriber s = random_subscriber(&rand);
        struct question q = question_of(&s, i);
        char answer[ANSWER_MAX], text[TEXT_MAX];
        struct aka_vector v;

        snprintf(text, sizeof text, "%" PRIu64, aka_sqn_get(s.sqn));
        ask(&q, "-s", text);
        REQUIRE(run(&q, answer) == 0);
        CHECK_OK(aka_make_vector(&s.aka, s.rand, s.sqn, s.amf, &v));
        check_vector(&v, answer);
    }
}

/* TS 33.102 6.3.5: it opens our AUTS, takes the card's SQN and goes on with the IND we name */
TEST(resynchronisation_is_equal)
{
    struct xk_prng prng = {.state = SEED + 1};
    struct xk_rand rand = xk_rand_prng(&prng);

    if (!have_oracle())
        SKIP("osmo-auc-gen is not installed");
    for (size_t i = 0; i < RESYNCHRONISATIONS && !xt_failures; i++) {
        struct subscriber s = random_subscriber(&rand);
        struct question q = question_of(&s, i);
        uint8_t auts[AKA_AUTS_LEN], next[AKA_SQN_LEN];
        char answer[ANSWER_MAX], text[TEXT_MAX];
        struct aka_vector v;

        CHECK_OK(aka_make_auts(&s.aka, s.rand, s.sqn, auts));
        ask_hex(&q, "-A", BYTES_OF(auts));
        snprintf(text, sizeof text, "%zu", i % AKA_IND_COUNT);
        ask(&q, "-i", text);
        REQUIRE(run(&q, answer) == 0);
        CHECK_INT(strtoull(field(answer, "SQN.MS", text), NULL, 10), aka_sqn_get(s.sqn));
        aka_sqn_put(aka_sqn_next(aka_sqn_get(s.sqn), i % AKA_IND_COUNT), next);
        CHECK_INT(strtoull(field(answer, "SQN", text), NULL, 10), aka_sqn_get(next));
        CHECK_OK(aka_make_vector(&s.aka, s.rand, next, s.amf, &v));
        check_vector(&v, answer);
    }
}

/* And it refuses what we refuse */
TEST(wrong_auts_is_refused_by_both)
{
    struct xk_prng prng = {.state = SEED + 2};
    struct xk_rand rand = xk_rand_prng(&prng);

    if (!have_oracle())
        SKIP("osmo-auc-gen is not installed");
    for (size_t i = 0; i < AKA_AUTS_LEN; i++) {
        struct subscriber s = random_subscriber(&rand);
        struct question q = question_of(&s, 1);
        uint8_t auts[AKA_AUTS_LEN], sqn[AKA_SQN_LEN];
        char answer[ANSWER_MAX];

        CHECK_OK(aka_make_auts(&s.aka, s.rand, s.sqn, auts));
        auts[i] ^= 0x10;
        ask_hex(&q, "-A", BYTES_OF(auts));
        ask(&q, "-i", "0");
        CHECK_INT(run(&q, answer), 1);
        CHECK(strstr(answer, "AUTS from MS seems incorrect") != NULL);
        CHECK_INT(aka_open_auts(&s.aka, s.rand, auts, sqn), XK_E_AUTH);
    }
}

TESTS_MAIN(XT_CASE(vectors_are_equal), XT_CASE(resynchronisation_is_equal),
           XT_CASE(wrong_auts_is_refused_by_both))
