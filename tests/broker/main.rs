//! Stories: people, rooms, and what they hear, told over the wire through the same start as production.
//!
//! Each story boots an app of its own on a free port and ends it; what is left behind then fails the story.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that goes wrong fails"
)]

mod asker;
mod chatting;
mod echoing;
mod editor;
mod guests;
mod house;
mod minutes;
mod packing;
mod person;
mod programs;
#[expect(dead_code, reason = "its own main is for itself alone")]
#[path = "../../examples/protocol_echo.rs"]
mod protocol_echo;
mod raw_socket;
mod receivers;
mod redis_server;
mod returner;
mod scrape;
mod sender;
mod shape;
mod tokens;

mod admin;
mod asked;
mod bad_frames;
mod bans;
mod benching;
mod catching_up;
mod chat_changing;
mod chat_clients;
mod chat_dying;
mod chat_ending;
mod chat_entering;
mod chat_files;
mod chat_nodes;
mod chat_people;
mod chat_presence;
mod chat_rest;
mod chat_sending;
mod cluster;
mod collab;
mod collab_documents;
mod command_line;
mod compression;
mod compression_refused;
mod deploying;
mod discretion;
mod doctor;
mod documents;
mod documents_refused;
mod downloads;
mod draining;
mod draining_in_hand;
mod dying;
mod dying_together;
mod engine_clients;
mod engine_polling;
mod engine_posts;
mod engine_sockets;
mod engine_three;
mod entering;
mod flat_memory;
mod giving_up;
mod group_messages;
mod guest_clients;
mod handshakes;
mod health;
mod history;
mod internal_api;
mod internal_people;
mod limits;
mod limits_at_the_door;
mod log_files;
mod log_level;
mod many_doors;
mod metrics;
mod metrics_read;
mod next_backend;
mod next_in_trouble;
mod official_suites;
mod origins;
mod own_faults;
mod own_port_clients;
mod own_ports;
mod presence;
mod problems;
mod python_client;
mod receipts;
mod recovering;
mod recovering_collab;
mod recovering_elsewhere;
mod recovery_clients;
mod redis_in_trouble;
mod redis_next;
mod redis_nodes;
mod refreshing;
mod returning;
mod rfc6455;
mod rooms;
mod rooms_at_the_door;
mod slow_readers;
mod socketio_protocol;
mod sockets;
mod speaking;
mod stock_client;
mod store_trouble;
mod talking;
mod tickets;
mod tokens_refused;
mod uploads;
mod uploads_in_trouble;
mod uploads_resumed;
mod uploads_streamed;
mod webhooks;
mod webhooks_in_trouble;
mod webhooks_pending;
mod workers;
