-- SPDX-License-Identifier: Apache-2.0
-- Migration 8: who had which card when (P-23): every move is out of one hand and into another.

CREATE TABLE custody_move (
    move_id       BIGINT PRIMARY KEY,
    at            BIGINT NOT NULL,
    kind          BIGINT NOT NULL,          -- enum custody_kind
    from_org      TEXT NOT NULL,            -- "": from outside
    to_org        TEXT NOT NULL,
    cards         BIGINT NOT NULL,
    document      TEXT NOT NULL,            -- delivery note, contract ...
    app_id        TEXT NOT NULL             -- who did it
);
CREATE INDEX custody_from ON custody_move (from_org, move_id);
CREATE INDEX custody_to ON custody_move (to_org, move_id);

CREATE TABLE custody_card (
    cid           TEXT NOT NULL,
    move_id       BIGINT NOT NULL,
    PRIMARY KEY (cid, move_id)
);

CREATE TABLE custody_balance (              -- kept by the moves themselves; equals the cards of chip.org_id
    org_id        TEXT PRIMARY KEY,
    cards         BIGINT NOT NULL
);
INSERT INTO custody_balance (org_id, cards) SELECT org_id, COUNT(*) FROM chip GROUP BY org_id;
