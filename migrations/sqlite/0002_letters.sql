-- What is owed to webhook endpoints. Entries stay in the log; here is how far each endpoint has come in each room.

CREATE TABLE endpoints (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    disabled  INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    failure   TEXT,
    failed_at INTEGER
) STRICT;

-- Everything of the room after `done` is owed; a room with nothing owed has no row.
CREATE TABLE lanes (
    endpoint INTEGER NOT NULL REFERENCES endpoints (id),
    room     INTEGER NOT NULL REFERENCES rooms (id),
    done     INTEGER NOT NULL,
    -- When the first that is owed was committed.
    since    INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due      INTEGER NOT NULL,
    PRIMARY KEY (endpoint, room)
) STRICT, WITHOUT ROWID;

CREATE INDEX lanes_by_due ON lanes (endpoint, due);
CREATE INDEX lanes_by_age ON lanes (endpoint, since);

CREATE TABLE dead_letters (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint INTEGER NOT NULL REFERENCES endpoints (id),
    room     INTEGER NOT NULL REFERENCES rooms (id),
    seq      INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    died     INTEGER NOT NULL,
    why      TEXT NOT NULL,
    -- Set while it is on its way again.
    due      INTEGER
) STRICT;

CREATE INDEX dead_letters_by_death ON dead_letters (died);
CREATE INDEX dead_letters_by_room ON dead_letters (endpoint, room, id) WHERE due IS NOT NULL;
