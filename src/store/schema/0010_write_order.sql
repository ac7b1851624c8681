-- SPDX-License-Identifier: Apache-2.0
-- Migration 10: write tasks for eUICCs (SGP.22), whose number comes as a profile to download.

ALTER TABLE pool ADD COLUMN template_id TEXT NOT NULL DEFAULT ''; -- profiles for its numbers; '' none
ALTER TABLE task ADD COLUMN template_id TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN activation_code TEXT NOT NULL DEFAULT ''; -- while the profile is offered
ALTER TABLE profile ADD COLUMN for_task BIGINT NOT NULL DEFAULT 0; -- a write task waits for its order
