-- Messages of groups go by numbers of the whole store. Rows are only added, at the end; none is removed, so no number
-- is given twice.

CREATE TABLE numbers (
    number INTEGER PRIMARY KEY,
    room   INTEGER NOT NULL REFERENCES rooms (id),
    seq    INTEGER NOT NULL
) STRICT;
