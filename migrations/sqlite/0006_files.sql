-- Files people sent, and uploads that are not done. Their bytes are kept elsewhere, under the key.

CREATE TABLE files (
    key       TEXT PRIMARY KEY,
    extension TEXT NOT NULL,
    title     TEXT NOT NULL,
    bytes     INTEGER NOT NULL,
    media     TEXT NOT NULL,
    uploader  TEXT NOT NULL,
    -- Whose members may see it; null: its uploader alone.
    room      TEXT,
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX files_by_uploader ON files (uploader, bytes);

CREATE TABLE uploads (
    key      TEXT PRIMARY KEY,
    title    TEXT NOT NULL,
    uploader TEXT NOT NULL,
    room     TEXT,
    -- What is set aside for it, of which this much is kept.
    length   INTEGER NOT NULL,
    kept     INTEGER NOT NULL,
    ends     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX uploads_by_uploader ON uploads (uploader, length);
CREATE INDEX uploads_by_end ON uploads (ends);

-- What is gone but for its bytes.
CREATE TABLE condemned (
    key TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
