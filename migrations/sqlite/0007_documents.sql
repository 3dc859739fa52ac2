-- What was written to each document, in order. One row may be the whole that stands for all before it.

CREATE TABLE documents (
    document TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    change   BLOB NOT NULL,
    PRIMARY KEY (document, seq)
) STRICT;
