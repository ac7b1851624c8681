-- SPDX-License-Identifier: Apache-2.0
-- Migration 2: consumer RSP (SGP.22). Times are milliseconds since 1970 UTC. "sealed": an envelope
-- of crypto/keystore. Section numbers are those of SGP.22.

CREATE TABLE profile (                      -- a profile and its download order, 3.1.6, 5.3: what changes
    iccid         TEXT PRIMARY KEY,         -- 18 to 20 digits, without the filling F
    profile_type  TEXT NOT NULL,            -- profileType of 5.3.1, the operator's own name for it
    owner         TEXT NOT NULL,            -- functionRequesterIdentifier of the operator whose it is
    smdp_address  TEXT NOT NULL,            -- FQDN of ours that serves it; "" any
    state         BIGINT NOT NULL,          -- enum download_state, 3.1.6
    version       BIGINT NOT NULL,          -- grows with every write: the lease of a decision
    random_keys   BIGINT NOT NULL,          -- 1: handed out under its own PPK, 2.5.3
    ppr           BIGINT NOT NULL,          -- profile policy rules, bits, 2.9.1
    need_version  BIGINT NOT NULL,          -- least profileVersion of the eUICC, 4.3
    need_nvm      BIGINT NOT NULL,          -- free non-volatile memory in bytes, 4.3
    need_uicc     BIGINT NOT NULL,          -- uiccCapability bits, 4.3
    need_device   BIGINT NOT NULL,          -- deviceCapabilities members, 4.2
    eid           TEXT NOT NULL,            -- ordered for, or bound to by the first download; "" any
    eid_ordered   BIGINT NOT NULL,          -- 1: the operator named it
    matching_id   TEXT,                     -- 5.3.2; NULL before ConfirmOrder, "" default address
    smds_address  TEXT NOT NULL,            -- 5.3.2; "" none
    smds          BIGINT NOT NULL,          -- enum download_smds
    release_then  BIGINT NOT NULL,          -- 1: released once the SM-DS has the event
    code          BLOB,                     -- sealed SHA-256 of the confirmation code (or two), 5.3.2
    code_tries    BIGINT NOT NULL,          -- wrong codes that are still forgiven
    attempts      BIGINT NOT NULL,          -- authentications that may still lead to a download
    repeatable    BIGINT NOT NULL,          -- 1: offered again after each installation
    expires_at    BIGINT NOT NULL,          -- of the order
    ended_subject TEXT NOT NULL,            -- why it is in ERROR, 5.2.6
    ended_reason  TEXT NOT NULL,
    last_seq      BIGINT NOT NULL,          -- highest notification number that moved it, 5.6.4
    ordered_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX profile_free ON profile (owner, profile_type, iccid) WHERE state = 0;
CREATE UNIQUE INDEX profile_matching ON profile (matching_id) WHERE matching_id <> '';
CREATE INDEX profile_eid ON profile (eid) WHERE eid <> '';
CREATE INDEX profile_expiry ON profile (expires_at) WHERE state > 0 AND state < 6;
CREATE INDEX profile_owner ON profile (owner, iccid);

CREATE TABLE profile_package (              -- what of a profile never changes
    iccid         TEXT PRIMARY KEY,
    metadata      BLOB NOT NULL,            -- StoreMetadataRequest BF25, 5.5.3
    package_id    BLOB NOT NULL,            -- 16 bytes, random: of this protection
    segments      BLOB NOT NULL,            -- protected profile package: a run of TLV 86, 2.5.3
    ppk           BLOB NOT NULL,            -- its keys, sealed, context "profile.ppk:<iccid>"
    created_at    BIGINT NOT NULL
);

CREATE TABLE profile_event (                -- the history of a profile
    iccid         TEXT NOT NULL,
    seq           BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    cause         BIGINT NOT NULL,          -- enum download_cause
    state         BIGINT NOT NULL,          -- after it
    eid           TEXT NOT NULL,
    subject       TEXT NOT NULL,            -- of a refusal or failure, 5.2.6; "" none
    reason        TEXT NOT NULL,
    detail        TEXT NOT NULL,
    data          BLOB,                     -- a notification as it came, 5.6.4
    PRIMARY KEY (iccid, seq)
);

CREATE TABLE profile_template (             -- an unpersonalised profile that stock is made from
    template_id   TEXT PRIMARY KEY,
    profile_type  TEXT NOT NULL,
    owner         TEXT NOT NULL,
    smdp_address  TEXT NOT NULL,
    metadata      BLOB NOT NULL,            -- BF25, its ICCID is replaced
    package_id    BLOB NOT NULL,            -- the package is kept as those of profiles are
    segments      BLOB NOT NULL,
    ppk           BLOB NOT NULL,            -- sealed, context "template.ppk:<template_id>"
    created_at    BIGINT NOT NULL
);

CREATE TABLE rsp_session (                  -- sessions of ES9+ and ES11 between their calls, 3.1.3
    transaction_id BLOB PRIMARY KEY,        -- 1 to 16 bytes
    address       TEXT NOT NULL,            -- FQDN of ours that it belongs to
    iccid         TEXT NOT NULL,            -- "" before the order is known
    version       BIGINT NOT NULL,          -- the lease: a commit needs the version it checked out
    keep_until    BIGINT NOT NULL,          -- may be dropped after it
    blob          BLOB NOT NULL             -- the engine's own words
);
CREATE INDEX rsp_session_expiry ON rsp_session (keep_until);

CREATE TABLE rsp_binding (                  -- a package bound for one eUICC: retries get the same, 3.1.3.3
    iccid         TEXT PRIMARY KEY,
    eid           TEXT NOT NULL,
    transaction_id BLOB NOT NULL,           -- that the head was signed for
    basis         BLOB NOT NULL,            -- SHA-256 over what it was made from
    euicc_otpk    BLOB NOT NULL,
    smdp_otpk     BLOB NOT NULL,
    initialise    BLOB NOT NULL,            -- BF23, 5.5.1
    head          BLOB NOT NULL,            -- A0, A1, A2 of the bound package, 2.5.4
    keys          BLOB                      -- session keys, sealed, context "binding.keys:<iccid>"
);

CREATE TABLE rsp_notification (             -- taken notifications, so that a repeat is known, 5.6.4
    eid           TEXT NOT NULL,
    iccid         TEXT NOT NULL,
    seq           BIGINT NOT NULL,
    event         BIGINT NOT NULL,          -- number of the bit of NotificationEvent, 2.10.1.1
    at            BIGINT NOT NULL,
    PRIMARY KEY (eid, iccid, seq)
);

CREATE TABLE rsp_exception (                -- what came over ES9+ and is out of the ordinary
    at            BIGINT NOT NULL,
    seq           BIGINT NOT NULL,
    eid           TEXT NOT NULL,
    iccid         TEXT NOT NULL,
    text          TEXT NOT NULL,
    data          BLOB,
    PRIMARY KEY (at, seq)
);

CREATE TABLE rsp_operator (                 -- who may call ES2+, 5.3
    operator_id   TEXT PRIMARY KEY,         -- functionRequesterIdentifier, 5.2.2
    name          TEXT NOT NULL,
    callback_url  TEXT NOT NULL,            -- base URL for ES2+ towards it, 5.3.5; "" none
    callbacks     BIGINT NOT NULL,          -- enum operator_callbacks
    created_at    BIGINT NOT NULL
);

CREATE TABLE rsp_operator_cert (            -- the TLS client certificates that prove an operator, 2.6.6
    fingerprint   BLOB PRIMARY KEY,         -- SHA-256 of the certificate
    operator_id   TEXT NOT NULL,
    created_at    BIGINT NOT NULL
);
CREATE INDEX rsp_operator_cert_of ON rsp_operator_cert (operator_id);

CREATE TABLE es2p_call (                    -- calls of ES2+ that were decided: a repeat gets the same, 5.2.2
    operator_id   TEXT NOT NULL,
    call_id       TEXT NOT NULL,            -- functionCallIdentifier
    function      TEXT NOT NULL,
    request       BLOB NOT NULL,            -- SHA-256 of what was asked
    outbox_id     BIGINT NOT NULL,          -- waits for this to be said and answered; 0: decided
    answer        BLOB,                     -- JSON; NULL while it waits
    at            BIGINT NOT NULL,
    PRIMARY KEY (operator_id, call_id)
);
CREATE INDEX es2p_call_age ON es2p_call (at);
CREATE INDEX es2p_call_waiting ON es2p_call (outbox_id) WHERE outbox_id <> 0;

CREATE TABLE smds_event (                   -- events at our SM-DS, 3.6
    eid           TEXT NOT NULL,
    event_id      TEXT NOT NULL,
    address       TEXT NOT NULL,            -- rspServerAddress, 5.9.1
    owner         TEXT NOT NULL,            -- OID of who registered it
    forwarding    BIGINT NOT NULL,          -- forwardingIndicator, 5.9.1
    forwarded_id  TEXT NOT NULL,            -- our event id at the root, 5.10; "" none
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (eid, event_id)
);

-- enum outbox_kind: what a dead letter is revived as
ALTER TABLE callback_dead ADD COLUMN kind BIGINT NOT NULL DEFAULT 4;
