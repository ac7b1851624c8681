/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/ladder.h"

#include <inttypes.h>

#include "base/clock.h"
#include "model/task.h"
#include "prog/xieka/width.h"

#define TIME_COLUMNS 24
#define SPAN 66 /* between the two lifelines */
#define HALF 40 /* to the network between them */
#define INDENT 4

enum glyph { LINE, DASH, TO, FROM, DOT, GLYPHS };

static const char *glyph(const struct ladder *l, enum glyph g)
{
    static const char *const drawn[GLYPHS] = {"│", "─", "►", "◄", "●"};
    static const char *const typed[GLYPHS] = {"|", "-", ">", "<", "*"};

    return l->utf8 ? drawn[g] : typed[g];
}

static const char *say(const struct ladder *l, const char *zh, const char *en)
{
    return l->lang == LANG_ZH ? zh : en;
}

static void repeat(struct buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_put_str(out, text);
}

/* Text that is cut where the lifeline of the card runs. */
static void put_fitted(struct buf *out, const char *text, size_t columns)
{
    width_cut(out, text, columns);
    width_pad(out, text, columns);
}

void ladder_head(const struct ladder *l, const char *cid, struct buf *out)
{
    const char *platform = say(l, "平台", "platform");
    char card[64];

    snprintf(card, sizeof card, "%s %s", say(l, "卡", "card"), cid);
    buf_put_str(out, say(l, "时间 (UTC)", "time (UTC)"));
    width_pad(out, say(l, "时间 (UTC)", "time (UTC)"), TIME_COLUMNS);
    buf_put_str(out, platform);
    width_pad(out, platform, SPAN + 2 - width_of(card));
    buf_printf(out, "%s\n", card);
}

static void put_time(struct ladder *l, const char *at, struct buf *out)
{
    char text[TIME_COLUMNS + 16];
    int64_t ms;

    if (!at || xk_time_parse(at, &ms) != XK_OK) {
        buf_put_fill(out, ' ', TIME_COLUMNS);
        return;
    }
    if (l->first_ms == 0)
        l->first_ms = ms;
    ms -= l->first_ms;
    snprintf(text, sizeof text, "%.12s %+5" PRId64 ".%03d", at + 11, ms / 1000, (int)(ms % 1000));
    put_fitted(out, text, TIME_COLUMNS);
}

/* ── label ─────────────────► */
static void put_right(const struct ladder *l, const char *label, struct buf *out)
{
    size_t room = SPAN - 6;

    buf_put_str(out, glyph(l, LINE));
    repeat(out, glyph(l, DASH), 2);
    buf_put_str(out, " ");
    width_cut(out, label, room);
    buf_put_str(out, " ");
    for (size_t i = width_of(label); i < room + 1; i++)
        buf_put_str(out, glyph(l, DASH));
    buf_printf(out, "%s%s\n", glyph(l, TO), glyph(l, LINE));
}

/* ◄── label ────────────────── from the card, or from the network when that is named. */
static void put_left(const struct ladder *l, const char *label, const char *from, struct buf *out)
{
    size_t span = from ? HALF : SPAN;
    size_t room = span - 6;
    size_t have = width_of(label);

    buf_printf(out, "%s%s", glyph(l, LINE), glyph(l, FROM));
    repeat(out, glyph(l, DASH), 2);
    buf_put_str(out, " ");
    width_cut(out, label, room);
    buf_put_str(out, " ");
    for (size_t i = have; i < room + 1; i++)
        buf_put_str(out, glyph(l, DASH));
    if (from) {
        buf_put_str(out, " ");
        put_fitted(out, from, SPAN - HALF - 1);
    }
    buf_printf(out, "%s\n", glyph(l, LINE));
}

static void put_state(const struct ladder *l, const struct ladder_event *e, struct buf *out)
{
    const struct task_state_info *info = task_state_by_name(e->state);
    char text[320];

    snprintf(text, sizeof text, " %s%s%s%s%s", l->lang == LANG_ZH && info ? info->zh : "",
             l->lang == LANG_ZH && info ? " " : "", e->state, e->detail[0] ? ": " : "", e->detail);
    buf_put_str(out, glyph(l, DOT));
    put_fitted(out, text, SPAN);
    buf_printf(out, "%s\n", glyph(l, LINE));
}

static void put_note(const struct ladder *l, const struct ladder_event *e, struct buf *out)
{
    char text[320];

    snprintf(text, sizeof text, " %s: %s", e->kind, e->detail);
    buf_put_str(out, glyph(l, LINE));
    put_fitted(out, text, SPAN);
    buf_printf(out, "%s\n", glyph(l, LINE));
}

static void put_content(const struct ladder *l, const char *content, struct buf *out)
{
    while (*content) {
        int len = (int)strcspn(content, "\n");
        char line[512];

        snprintf(line, sizeof line, "%.*s", len, content);
        buf_put_fill(out, ' ', TIME_COLUMNS);
        buf_put_str(out, glyph(l, LINE));
        buf_put_fill(out, ' ', INDENT);
        buf_put_str(out, line);
        if (width_of(line) <= SPAN - INDENT) {
            width_pad(out, line, SPAN - INDENT);
            buf_put_str(out, glyph(l, LINE));
        }
        buf_put_str(out, "\n");
        content += len;
        content += *content == '\n';
    }
}

static void put_attach(const struct ladder *l, const struct ladder_event *e, struct buf *out)
{
    char label[320];

    snprintf(label, sizeof label, "%s%s%s", say(l, "新号附着", "attached"),
             e->detail[0] ? ", IMEI " : "", e->detail);
    put_left(l, label, say(l, "归属网络", "home network"), out);
}

void ladder_put(struct ladder *l, const struct ladder_event *e, struct buf *out)
{
    put_time(l, e->at, out);
    if (strcmp(e->kind, "state") == 0)
        put_state(l, e, out);
    else if (strcmp(e->kind, "sms_out") == 0)
        put_right(l, e->detail, out);
    else if (strcmp(e->kind, "sms_in") == 0)
        put_left(l, e->detail, NULL, out);
    else if (strcmp(e->kind, "attach") == 0)
        put_attach(l, e, out);
    else if (strcmp(e->kind, "receipt") == 0)
        put_left(l, e->detail, say(l, "短信中心", "SMSC"), out);
    else
        put_note(l, e, out);
    if (e->content && !l->bare)
        put_content(l, e->content, out);
}
