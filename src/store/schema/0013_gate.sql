-- SPDX-License-Identifier: Apache-2.0
-- Migration 13: what is asked before a card gets a number: real name, declared use, risk.

CREATE TABLE real_name (                    -- who is behind a card, or an organisation (company cards)
    subject       TEXT PRIMARY KEY,         -- "card:<cid>" or "org:<id>"
    id_type       BIGINT NOT NULL,          -- enum gate_id_type
    id_hash       TEXT NOT NULL,            -- SHA-256 of the document's number, hex; the number is never here
    name          TEXT NOT NULL,            -- masked
    level         BIGINT NOT NULL,          -- how well it was checked: 1 document, 2 and face, 3 in person
    counts        BIGINT NOT NULL,          -- 1: one of the ten cards of its document
    closed        BIGINT NOT NULL,          -- 1: its card was closed (DELETE, REVOKE)
    app_id        TEXT NOT NULL,            -- who registered it
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX real_name_hash ON real_name (id_hash) WHERE counts = 1;

CREATE TABLE gate_rule (                    -- what is wanted of cards
    rule_id       TEXT PRIMARY KEY,         -- "org:<id>" (and all below it), "pool:<id>", "card:<cid>"
    org_id        TEXT NOT NULL,            -- whose the organisation, pool or card is
    real_name     BIGINT NOT NULL,          -- enum gate_real_name; -1 not said
    scenarios     TEXT NOT NULL,            -- declared uses with commas, of a pool what its numbers are for; "" not said
    created_at    BIGINT NOT NULL
);
CREATE INDEX gate_rule_org ON gate_rule (org_id, rule_id);

CREATE TABLE risk_block (                   -- nothing is written to these
    subject       TEXT NOT NULL,            -- "card:<cid>", "org:<id>" (and all below it), hash of a document
    by_org        TEXT NOT NULL,            -- who blocked it; only those lift it who see that organisation
    reason        TEXT NOT NULL,
    until_at      BIGINT NOT NULL,          -- ms; 9223372036854775807 for good
    app_id        TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (subject, by_org)
);
CREATE INDEX risk_block_org ON risk_block (by_org, subject);
