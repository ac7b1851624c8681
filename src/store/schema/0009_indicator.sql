-- SPDX-License-Identifier: Apache-2.0
-- Migration 9: counters of quality (P-21), moved in the transaction of what they count.

CREATE TABLE indicator (
    hour          BIGINT NOT NULL,          -- of the ending: milliseconds since 1970 / 3,600,000
    org_id        TEXT NOT NULL,
    what          BIGINT NOT NULL,          -- enum indicator_counter
    n             BIGINT NOT NULL,
    PRIMARY KEY (hour, org_id, what)
);
