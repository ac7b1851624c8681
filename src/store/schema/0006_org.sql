-- SPDX-License-Identifier: Apache-2.0
-- Migration 6: organisations (P-23), and what belongs to which. All there was before is the operator's.

CREATE TABLE org (
    org_id        TEXT PRIMARY KEY,
    parent        TEXT NOT NULL,            -- "" of the root
    path          TEXT NOT NULL UNIQUE,     -- "/platform/agent/": its own and of all below begin with it
    name          TEXT NOT NULL,
    kind          BIGINT NOT NULL,          -- enum org_kind
    state         BIGINT NOT NULL,          -- enum org_state
    blocked       BIGINT NOT NULL,          -- how many of it and those above are not ACTIVE
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX org_children ON org (parent, org_id);
INSERT INTO org (org_id, parent, path, name, kind, state, blocked, created_at, updated_at)
    VALUES ('platform', '', '/platform/', 'platform', 0, 0, 0, 0, 0);

ALTER TABLE app ADD COLUMN org_id TEXT NOT NULL DEFAULT 'platform';
ALTER TABLE app ADD COLUMN disabled BIGINT NOT NULL DEFAULT 0;
CREATE INDEX app_org ON app (org_id, app_id);

ALTER TABLE chip ADD COLUMN org_id TEXT NOT NULL DEFAULT 'platform';
CREATE INDEX chip_org ON chip (org_id, cid);

ALTER TABLE pool ADD COLUMN org_id TEXT NOT NULL DEFAULT 'platform';
ALTER TABLE pool ADD COLUMN shared BIGINT NOT NULL DEFAULT 0; -- those below its owner may take numbers of it
CREATE INDEX pool_org ON pool (org_id, pool_id);

ALTER TABLE task ADD COLUMN org_id TEXT NOT NULL DEFAULT 'platform';
CREATE INDEX task_org ON task (org_id, task_id);
ALTER TABLE task_batch ADD COLUMN org_id TEXT NOT NULL DEFAULT 'platform';
