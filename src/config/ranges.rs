//! The numbers that make sense, for every setting that is a number.
//!
//! It alone refuses zeros and nonsense, before anything is built from them.

use std::ops::RangeInclusive;

const HOUR_MS: i64 = 3_600_000;
const DAY_SECONDS: i64 = 86_400;
const MIB: i64 = 1024 * 1024;
const MILLION: i64 = 1_000_000;

pub(super) const RANGES: &[(&str, RangeInclusive<i64>)] = &[
    ("server.port", 0..=65_535),
    ("server.workers", 0..=256),
    ("server.backlog", 1..=65_535),
    ("server.header_timeout_ms", 1..=HOUR_MS),
    ("server.drain_ms", 0..=HOUR_MS),
    ("limits.max_connections", 1..=MILLION),
    ("limits.max_connections_per_address", 1..=MILLION),
    ("limits.max_message_bytes", 1..=64 * MIB),
    ("limits.max_content_chars", 1..=64 * MIB),
    ("limits.max_fragments", 1..=65_536),
    ("limits.fragments_ms", 1..=HOUR_MS),
    ("limits.frame_ms", 1..=HOUR_MS),
    ("limits.outlet_bytes", 1..=1024 * MIB),
    ("limits.outlet_soft_bytes", 1..=1024 * MIB),
    ("limits.slow_reader_ms", 1..=HOUR_MS),
    ("limits.auth_timeout_ms", 1..=HOUR_MS),
    ("limits.tcp_user_timeout_ms", 1..=HOUR_MS),
    ("limits.body_bytes", 1..=64 * MIB),
    ("limits.history_page", 1..=1000),
    ("limits.pending_entries", 1..=10 * MILLION),
    ("limits.posts_in_hand", 1..=10_000),
    ("limits.command_timeout_ms", 1..=HOUR_MS),
    ("auth.jwks_refresh_seconds", 1..=DAY_SECONDS),
    ("auth.leeway_seconds", 0..=3600),
    ("auth.ticket_seconds", 1..=DAY_SECONDS),
    ("internal.port", 0..=65_535),
    ("store.batch_entries", 1..=65_536),
    ("store.batch_wait_ms", 0..=1000),
    ("store.readers", 1..=64),
    ("backend.timeout_ms", 1..=HOUR_MS),
    ("backend.concurrency", 1..=4096),
    ("backend.breaker_failures", 1..=MILLION),
    ("backend.breaker_open_ms", 1..=HOUR_MS),
    ("backplane.redis_port", 1..=65_535),
    ("rooms.idle_ms", 0..=24 * HOUR_MS),
    ("rooms.tail_entries", 0..=65_536),
    ("rooms.typing_stop_ms", 1..=HOUR_MS),
    ("rooms.presence_grace_ms", 0..=HOUR_MS),
    ("doors.widget.heartbeat_ms", 1..=HOUR_MS),
    ("doors.widget.first_frame_ms", 1..=HOUR_MS),
    ("doors.chat.token_seconds", 1..=3650 * DAY_SECONDS),
    ("doors.events.heartbeat_ms", 1..=HOUR_MS),
    ("doors.events.timeout_ms", 1..=HOUR_MS),
    ("doors.events.max_connections", 1..=MILLION),
    ("doors.events.max_message_bytes", 1..=64 * MIB),
    ("doors.collab.heartbeat_ms", 1..=HOUR_MS),
    ("doors.collab.timeout_ms", 1..=HOUR_MS),
    ("doors.collab.max_connections", 1..=MILLION),
];
