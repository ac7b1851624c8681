-- SPDX-License-Identifier: Apache-2.0
-- Migration 1. Times are milliseconds since 1970 UTC. Written for SQLite; BLOB becomes BYTEA for
-- PostgreSQL. "sealed": an envelope of crypto/keystore.

CREATE TABLE app (                          -- a customer's or partner's application (P-14)
    app_id        TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    secret        BLOB NOT NULL,            -- sealed signing secret, context "app.secret:<app_id>"
    algorithm     TEXT NOT NULL,            -- HMAC-SHA256 or HMAC-SM3
    roles         TEXT NOT NULL,            -- comma-separated: write, query, import, admin
    ip_allow      TEXT NOT NULL,            -- comma-separated CIDRs; "" any
    daily_limit   BIGINT NOT NULL,          -- write applications a day (P-15)
    created_at    BIGINT NOT NULL
);

CREATE TABLE token (                        -- P-14: 32 bytes, ttl 7200 s, at most 5 live per app
    token_hash    BLOB PRIMARY KEY,         -- SHA-256 of the token
    app_id        TEXT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX token_app ON token (app_id, expires_at);

CREATE TABLE nonce (                        -- P-14: remembered 10 minutes
    app_id        TEXT NOT NULL,
    nonce         TEXT NOT NULL,
    expires_at    BIGINT NOT NULL,
    PRIMARY KEY (app_id, nonce)
);
CREATE INDEX nonce_expiry ON nonce (expires_at);

CREATE TABLE pool (                         -- number pools (P-24)
    pool_id       TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    parent        TEXT NOT NULL,
    purpose       BIGINT NOT NULL,          -- enum number_purpose
    carrier       TEXT NOT NULL,
    province      TEXT NOT NULL,
    customer      TEXT NOT NULL,
    warn_pct      BIGINT NOT NULL,
    alarm_pct     BIGINT NOT NULL,
    block_pct     BIGINT NOT NULL,
    quarantine_days BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE number (                       -- number resources with their keys
    imsi          TEXT PRIMARY KEY,
    msisdn        TEXT NOT NULL UNIQUE,
    iccid         TEXT UNIQUE,              -- NULL: lost in a quarantine, the card keeps its own (P-25)
    smsc          TEXT NOT NULL,
    pool_id       TEXT NOT NULL,
    purpose       BIGINT NOT NULL,
    algorithm     BIGINT NOT NULL,          -- enum aka_algorithm
    keys          BLOB NOT NULL,            -- sealed K | OPc, context "number.keys:<imsi>"
    cr            BLOB,                     -- own c/r constants, 85 bytes
    state         BIGINT NOT NULL,          -- enum number_state
    cid           TEXT NOT NULL,
    task_id       BLOB NOT NULL,
    frozen_until  BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX number_free ON number (pool_id, state, imsi);
CREATE INDEX number_cid ON number (cid) WHERE cid <> '';
CREATE INDEX number_frozen ON number (frozen_until) WHERE state = 5;

CREATE TABLE iccid_retired (                -- P-25: never used again
    iccid         TEXT PRIMARY KEY,
    imsi          TEXT NOT NULL,            -- that it went with
    at            BIGINT NOT NULL
);

CREATE TABLE pool_count (                   -- kept by the moves themselves: levels without counting rows
    pool_id       TEXT NOT NULL,
    state         BIGINT NOT NULL,
    n             BIGINT NOT NULL,
    PRIMARY KEY (pool_id, state)
);

CREATE TABLE chip_batch (                   -- production batches (tables 2-1, 2-2)
    batch_id      TEXT PRIMARY KEY,
    vendor        TEXT NOT NULL,
    grade         BIGINT NOT NULL,
    form          BIGINT NOT NULL,
    file_name     TEXT NOT NULL,
    count         BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE chip (
    cid           TEXT PRIMARY KEY,
    batch_id      TEXT NOT NULL,
    vendor        TEXT NOT NULL,
    grade         BIGINT NOT NULL,
    form          BIGINT NOT NULL,
    state         BIGINT NOT NULL,          -- enum chip_state
    seed_iccid    TEXT NOT NULL,
    seed_imsi     TEXT NOT NULL,
    seed_msisdn   TEXT NOT NULL,
    imsi          TEXT NOT NULL,            -- in use now
    msisdn        TEXT NOT NULL,
    iccid         TEXT NOT NULL,
    suite         BIGINT NOT NULL,
    keyset        BIGINT NOT NULL,
    kic_alg       BIGINT NOT NULL,
    kid_alg       BIGINT NOT NULL,
    keys          BLOB NOT NULL,            -- KIc, KID, KIK: each its length (1) and sealed, "chip.kic:<cid>" ...
    down_counter  BIGINT NOT NULL,
    up_counter    BIGINT NOT NULL,
    task_id       BLOB NOT NULL,            -- under way; zeros none
    imei          TEXT NOT NULL,
    cos           TEXT NOT NULL,
    wear_left     BIGINT NOT NULL,          -- -1 unknown
    radio         TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX chip_msisdn ON chip (msisdn);
CREATE INDEX chip_iccid ON chip (iccid);
CREATE INDEX chip_seed_msisdn ON chip (seed_msisdn);
CREATE INDEX chip_seed_imsi ON chip (seed_imsi);
CREATE INDEX chip_seed_iccid ON chip (seed_iccid);
CREATE INDEX chip_batch_cid ON chip (batch_id, cid);

CREATE TABLE task (                         -- write tasks (P-12)
    task_id       BLOB PRIMARY KEY,
    order_no      TEXT NOT NULL,
    app_id        TEXT NOT NULL,
    batch_id      TEXT NOT NULL,
    cid           TEXT NOT NULL,
    mode          BIGINT NOT NULL,
    channel       BIGINT NOT NULL,
    pool_id       TEXT NOT NULL,
    target_msisdn TEXT NOT NULL,
    msisdn        TEXT NOT NULL,
    imsi          TEXT NOT NULL,
    iccid         TEXT NOT NULL,
    state         BIGINT NOT NULL,
    step          BIGINT NOT NULL,
    attach_seen   BIGINT NOT NULL,
    report_seen   BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    attempts_all  BIGINT NOT NULL,
    retries       BIGINT NOT NULL,
    rollbacks     BIGINT NOT NULL,
    card_result   BIGINT NOT NULL,
    code          BIGINT NOT NULL,
    message       TEXT NOT NULL,
    callback_url  TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    sending_at    BIGINT NOT NULL,
    finished_at   BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    UNIQUE (app_id, order_no)
);
CREATE INDEX task_due ON task (due_at);
CREATE INDEX task_cid ON task (cid, created_at);
CREATE INDEX task_of_batch ON task (batch_id, state);
CREATE INDEX task_imsi ON task (imsi);

CREATE TABLE task_event (                   -- the time line of a task; KPI, audit and people read it
    task_id       BLOB NOT NULL,
    seq           BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    kind          TEXT NOT NULL,            -- state, sms_out, sms_in, receipt, attach, note
    state         BIGINT NOT NULL,          -- after the event
    detail        TEXT NOT NULL,
    data          BLOB,                     -- the packet as it went over the wire (sealed by SCP80)
    PRIMARY KEY (task_id, seq)
);

CREATE TABLE task_batch (
    batch_id      TEXT PRIMARY KEY,
    app_id        TEXT NOT NULL,
    total         BIGINT NOT NULL,
    paused        BIGINT NOT NULL,          -- circuit-breaker of P-19
    recent        TEXT NOT NULL,            -- the last 50 endings, one character each: 'y' or 'n'
    created_at    BIGINT NOT NULL
);

CREATE TABLE outbox (                       -- decided and committed, still to be said
    outbox_id     BIGINT PRIMARY KEY,
    kind          BIGINT NOT NULL,          -- enum outbox_kind
    task_id       BLOB NOT NULL,
    address       TEXT NOT NULL,            -- MSISDN, URL or IMSI by kind
    payload       BLOB NOT NULL,
    due_at        BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    group_key     TEXT NOT NULL             -- said one at a time and in order within a group ("" any)
);
CREATE INDEX outbox_due ON outbox (due_at);
CREATE INDEX outbox_group ON outbox (group_key, outbox_id);

CREATE TABLE callback_dead (                -- P-16: callbacks given up, for replay by hand
    outbox_id     BIGINT PRIMARY KEY,
    task_id       BLOB NOT NULL,
    url           TEXT NOT NULL,
    payload       BLOB NOT NULL,
    reason        TEXT NOT NULL,
    at            BIGINT NOT NULL
);
