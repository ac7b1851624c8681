-- SPDX-License-Identifier: Apache-2.0
-- Migration 11: exceptions (P-18), moved in the transaction of what failed or succeeded.

CREATE TABLE exception (
    exception_id  BIGINT PRIMARY KEY,
    org_id        TEXT NOT NULL,
    cause         TEXT NOT NULL,            -- name of service/exception/cause.def
    class         BIGINT NOT NULL,          -- enum exception_class
    grade         BIGINT NOT NULL,
    state         BIGINT NOT NULL,          -- enum exception_state
    batch_id      TEXT NOT NULL,            -- it is about a batch; ''
    card          TEXT NOT NULL,
    cards         BIGINT NOT NULL,
    unsolved      BIGINT NOT NULL,
    opened_at     BIGINT NOT NULL,
    graded_at     BIGINT NOT NULL,
    last_at       BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,          -- when a limit wants to be looked at
    respond_by    BIGINT NOT NULL,
    relieve_by    BIGINT NOT NULL,
    close_by      BIGINT NOT NULL,
    report_by     BIGINT NOT NULL,
    respond_at    BIGINT NOT NULL,
    relieve_at    BIGINT NOT NULL,
    close_at      BIGINT NOT NULL,
    report_at     BIGINT NOT NULL,
    warned        BIGINT NOT NULL,          -- bit n: enum exception_step
    missed        BIGINT NOT NULL,
    events        BIGINT NOT NULL,
    owner         TEXT NOT NULL,
    finding       TEXT NOT NULL,
    action        TEXT NOT NULL,
    task_id       BLOB NOT NULL,            -- whose application hears of it (C3)
    callback_url  TEXT NOT NULL
);
CREATE INDEX exception_org ON exception (org_id, exception_id);
CREATE INDEX exception_cause ON exception (org_id, cause, batch_id, exception_id);
CREATE INDEX exception_next ON exception (next_at);
CREATE INDEX exception_opened ON exception (opened_at);

CREATE TABLE exception_item (               -- the things that failed
    exception_id  BIGINT NOT NULL,
    kind          BIGINT NOT NULL,          -- enum exception_of
    subject       TEXT NOT NULL,            -- task id, ICCID, outbox row
    card          TEXT NOT NULL,
    at            BIGINT NOT NULL,
    fresh         BIGINT NOT NULL,          -- the card had not failed so in the hour before
    solved        BIGINT NOT NULL,
    PRIMARY KEY (exception_id, kind, subject)
);
CREATE INDEX exception_item_card ON exception_item (exception_id, card, fresh, at);
CREATE INDEX exception_item_fresh ON exception_item (exception_id, fresh, at);
CREATE INDEX exception_item_subject ON exception_item (kind, subject) WHERE solved = 0;
CREATE INDEX exception_item_open ON exception_item (card) WHERE solved = 0;

CREATE TABLE exception_event (              -- the time line
    exception_id  BIGINT NOT NULL,
    seq           BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    who           TEXT NOT NULL,
    text          TEXT NOT NULL,
    PRIMARY KEY (exception_id, seq)
);

CREATE TABLE write_stop (                   -- nothing is sent while there is a row
    exception_id  BIGINT PRIMARY KEY,
    at            BIGINT NOT NULL
);

CREATE TABLE review_sample (                -- P-19: one success in twenty, to be looked at by a person
    task_id       BLOB PRIMARY KEY,
    org_id        TEXT NOT NULL,
    cid           TEXT NOT NULL,
    at            BIGINT NOT NULL
);
CREATE INDEX review_sample_at ON review_sample (at);

ALTER TABLE task_batch ADD COLUMN failed BIGINT NOT NULL DEFAULT 0; -- tasks of it that ended so
