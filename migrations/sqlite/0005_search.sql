-- What is said in groups, by the three-letter pieces of its folded text; rows are named like their messages. It holds no
-- text and no places: whoever is found here is looked at in the log. What is withdrawn is cut out at once.

CREATE VIRTUAL TABLE message_index USING fts5 (
    text,
    -- Three letters that stand for the room, so that a search looks at one room only.
    room,
    content = '',
    columnsize = 0,
    detail = none,
    tokenize = 'trigram case_sensitive 1'
);

INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);
