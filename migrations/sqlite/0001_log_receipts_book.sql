-- The numbered history of every room, the receipts, and what is remembered about users.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- 48 random bits: printed short, and never that of another database.
INSERT INTO meta (key, value) VALUES ('epoch', 1 + abs(random() % 281474976710655));

CREATE TABLE rooms (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    epoch  INTEGER NOT NULL,
    head   INTEGER NOT NULL DEFAULT 0 CHECK (head >= 0),
    closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
) STRICT;

CREATE TABLE entries (
    room       INTEGER NOT NULL REFERENCES rooms (id),
    seq        INTEGER NOT NULL CHECK (seq > 0),
    at         INTEGER NOT NULL,
    -- Empty for the system itself, so that its client ids are unique too.
    sender     TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    message_id TEXT,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    -- Over all of the row that readers are shown: a disk that changes a bit is noticed.
    checksum   INTEGER NOT NULL,
    UNIQUE (room, seq)
) STRICT;

CREATE UNIQUE INDEX entries_by_client_id ON entries (room, sender, client_id);
CREATE INDEX entries_by_message ON entries (room, message_id, seq) WHERE message_id IS NOT NULL;

CREATE TABLE receipts (
    room      TEXT NOT NULL,
    user      TEXT NOT NULL,
    delivered INTEGER NOT NULL,
    read      INTEGER NOT NULL CHECK (read <= delivered),
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE bans (
    user     TEXT,
    token_id TEXT,
    room     TEXT,
    until    INTEGER
) STRICT;

CREATE TABLE tickets (
    id   TEXT PRIMARY KEY,
    ends INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tickets_by_end ON tickets (ends);

CREATE TABLE answers (
    key     TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status  INTEGER NOT NULL,
    body    TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_by_age ON answers (at);
