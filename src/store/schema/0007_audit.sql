-- SPDX-License-Identifier: Apache-2.0
-- Migration 7: who did what, as a chain (docs/decisions/0010-audit-log.md). Rows are added, never changed.

CREATE TABLE audit (
    seq           BIGINT PRIMARY KEY,       -- 1, 2, 3 ... without a gap
    at            BIGINT NOT NULL,
    org_id        TEXT NOT NULL,
    app_id        TEXT NOT NULL,            -- "" nobody that is known
    peer          TEXT NOT NULL,
    action        TEXT NOT NULL,            -- "POST /write/apply"
    subject       TEXT NOT NULL,            -- card, task, pool, profile ...; "" none
    code          BIGINT NOT NULL,          -- how it was answered (P-17)
    trace         TEXT NOT NULL,
    body          BLOB NOT NULL,            -- SHA-256 of what was sent
    hash          BLOB NOT NULL             -- SHA-256 of the row before and this one
);
CREATE INDEX audit_org ON audit (org_id, seq);

CREATE TABLE audit_head (                   -- one row
    id            BIGINT PRIMARY KEY,
    mac_key       BLOB NOT NULL,            -- sealed, context "audit.head"
    seq           BIGINT NOT NULL,          -- of the last row of audit
    hash          BLOB NOT NULL,            -- its hash
    mac           BLOB NOT NULL             -- HMAC-SHA-256 of both
);
