-- The directory: users, groups, and who is in which.

CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    email      TEXT,
    verified   INTEGER NOT NULL CHECK (verified IN (0, 1)),
    last_seen  INTEGER,
    -- Name, last name and email without case and accents: what is searched.
    searchable TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    description TEXT,
    kind        TEXT NOT NULL CHECK (kind IN ('group', 'direct')),
    image_url   TEXT,
    active      INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    max_members INTEGER NOT NULL CHECK (max_members >= 0),
    -- Both users of a direct group, in one order: they have no second one.
    pair_one    TEXT REFERENCES users (id),
    pair_other  TEXT REFERENCES users (id),
    CHECK ((kind = 'direct') = (pair_one IS NOT NULL AND pair_other IS NOT NULL AND pair_one < pair_other))
) STRICT;

CREATE UNIQUE INDEX groups_by_pair ON groups (pair_one, pair_other) WHERE kind = 'direct';

CREATE TABLE memberships (
    group_id      INTEGER NOT NULL REFERENCES groups (id),
    user          TEXT NOT NULL REFERENCES users (id),
    role          TEXT NOT NULL CHECK (role IN ('admin', 'moderator', 'member')),
    joined_at     INTEGER NOT NULL,
    last_seen     INTEGER,
    notifications INTEGER NOT NULL CHECK (notifications IN (0, 1)),
    -- 0: was a member once.
    active        INTEGER NOT NULL CHECK (active IN (0, 1)),
    PRIMARY KEY (group_id, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_by_user ON memberships (user, group_id) WHERE active = 1;
