/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/board.h"

#include <inttypes.h>

#include "prog/xieka/width.h"

#define BAR_COLUMNS 40
#define NAME_COLUMNS 28

static const char *say(const struct board *b, const char *zh, const char *en)
{
    return b->lang == LANG_ZH ? zh : en;
}

/* Eighths of a column where the terminal has them. */
static void put_bar(const struct board *b, int64_t part, int64_t whole, bool rest, struct buf *out)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int64_t n = whole > 0 ? part * BAR_COLUMNS * 8 / whole : 0;
    int64_t full = n / 8;

    for (int64_t i = 0; i < full; i++)
        buf_put_str(out, b->utf8 ? "█" : "#");
    if (b->utf8)
        buf_put_str(out, eighths[n % 8]);
    if (!rest)
        return;
    for (int64_t i = full + (b->utf8 && n % 8 > 0); i < BAR_COLUMNS; i++)
        buf_put_str(out, b->utf8 ? "░" : ".");
}

static void put_elapsed(const struct board *b, struct buf *out)
{
    int64_t tenths = b->elapsed_ms / 100;

    if (tenths < 600)
        buf_printf(out, "%" PRId64 ".%" PRId64 " s", tenths / 10, tenths % 10);
    else
        buf_printf(out, "%" PRId64 ":%02" PRId64, tenths / 600, tenths / 10 % 60);
}

static void put_title(const struct board *b, struct buf *out)
{
    buf_printf(out, "%s %s   %" PRId64 " %s   ", say(b, "写卡批次", "batch"), b->batch, b->total,
               say(b, "张卡", "cards"));
    put_elapsed(b, out);
    if (b->paused)
        buf_printf(out, "   %s", say(b, "已熔断暂停", "PAUSED by the circuit-breaker"));
    buf_put_str(out, "\n\n");
}

/* Green for what succeeded, red for what did not. */
static const char *colour(const struct board *b, const struct task_state_info *info)
{
    if (!b->colours || info->kind == TASK_OPEN)
        return "";
    return info->state == TASK_SUCCESS ? "\033[32m" : "\033[31m";
}

static void put_row(const struct board *b, const struct task_state_info *info, int64_t n,
                    struct buf *out)
{
    const char *name = say(b, info->zh, info->en);

    buf_put_str(out, "  ");
    buf_put_str(out, name);
    width_pad(out, name, NAME_COLUMNS);
    buf_printf(out, "%7" PRId64 "  %s", n, colour(b, info));
    put_bar(b, n, b->total, false, out);
    buf_printf(out, "%s\n", colour(b, info)[0] ? "\033[0m" : "");
}

/* A row for each state on the way to SUCCESS; of the others only those that some task is in. */
static size_t put_states(const struct board *b, struct buf *out)
{
    size_t n;
    size_t rows = 0;
    const struct task_state_info *states = task_states(&n);

    for (size_t i = 0; i < n && i < BOARD_STATES_MAX; i++) {
        if (states[i].state > TASK_SUCCESS && b->by_state[i] == 0)
            continue;
        put_row(b, &states[i], b->by_state[i], out);
        rows++;
    }
    return rows;
}

static int64_t percent(const struct board *b)
{
    return b->total > 0 ? b->finished * 100 / b->total : 0;
}

static void put_sms(const struct board *b, struct buf *out)
{
    buf_printf(out, "  %s %" PRId64 "  %s %" PRId64 "  %s %" PRId64 "  %s %" PRId64 "\n",
               say(b, "短信  已下发", "SMS  sent"), b->sent, say(b, "在途", "outstanding"),
               b->outstanding, say(b, "排队", "queued"), b->queued, say(b, "收到", "received"),
               b->received);
}

void board_put(const struct board *b, struct buf *out, size_t *lines)
{
    put_title(b, out);
    buf_put_str(out, "  ");
    put_bar(b, b->finished, b->total, true, out);
    buf_printf(out, "  %" PRId64 "/%" PRId64 "  %" PRId64 " %%\n\n", b->finished, b->total,
               percent(b));
    *lines = 4 + put_states(b, out);
    if (!b->has_sms)
        return;
    buf_put_str(out, "\n");
    put_sms(b, out);
    *lines += 2;
}

void board_put_line(const struct board *b, struct buf *out)
{
    size_t n;
    const struct task_state_info *states = task_states(&n);

    put_elapsed(b, out);
    buf_printf(out, "  %" PRId64 "/%" PRId64 "  %" PRId64 " %%", b->finished, b->total, percent(b));
    for (size_t i = 0; i < n && i < BOARD_STATES_MAX; i++) {
        if (b->by_state[i] > 0)
            buf_printf(out, "  %s %" PRId64, say(b, states[i].zh, states[i].name), b->by_state[i]);
    }
    if (b->has_sms)
        buf_printf(out, "  %s %" PRId64 "/%" PRId64, say(b, "短信", "sms"), b->sent, b->received);
    buf_put_str(out, "\n");
}
