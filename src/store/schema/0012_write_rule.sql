-- SPDX-License-Identifier: Apache-2.0
-- Migration 12: cards that get their first number by themselves.

CREATE TABLE write_rule (                   -- a first write when a card is seen in the network
    rule_id       TEXT PRIMARY KEY,
    org_id        TEXT NOT NULL,            -- for cards of this organisation and of those below it
    batch_id      TEXT NOT NULL,            -- production batch; "" any
    pool_id       TEXT NOT NULL,            -- where the number comes from
    app_id        TEXT NOT NULL,            -- whose tasks they are, callbacks too
    callback_url  TEXT NOT NULL,
    created_at    BIGINT NOT NULL
);
CREATE INDEX write_rule_org ON write_rule (org_id, rule_id);
