//! What the widget's door answers, word for word as seed 004 and PROTOCOLS section 6.3 have it. Pure.

use std::sync::Arc;
use std::time::Duration;

use recado_actors::clock::Timestamp;
use recado_actors::dialect::Frame;
use recado_actors::id::{ClientId, Epoch, MessageId, RoomId, Seq};
use recado_actors::limiter::FLOOD_WINDOW;
use recado_actors::message::room::{Entry, Head};
use recado_actors::refusal::{Farewell, Refusal};
use serde::Serialize;
use serde_json::json;

use super::codec::Fault;
use super::dialect::MessageData;
use crate::doors::socket::frame;

/// What a refusal is about: each has the original's own text.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    Message(Option<&'a ClientId>),
    Agent,
    Other,
}

#[derive(Serialize)]
struct ErrorFrame<'a> {
    r#type: &'static str,
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    code: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    retry: bool,
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(rename = "tempId", skip_serializing_if = "Option::is_none")]
    temp_id: Option<&'a str>,
}

pub fn error(error: &'static str, code: &'static str) -> Option<Frame> {
    fault(&Fault { error, code, message: None, temp_id: None })
}

pub fn fault(fault: &Fault) -> Option<Frame> {
    let Fault { error, code, message, temp_id } = fault;
    frame::json(&ErrorFrame {
        r#type: "error",
        error,
        message: *message,
        code,
        retry: false,
        retry_after_ms: None,
        temp_id: temp_id.as_deref(),
    })
}

pub fn refused(subject: Subject<'_>, refusal: &Refusal) -> Option<Frame> {
    let (text, detailed) = headline(subject, refusal);
    let detail = refusal.to_string();
    let temp_id = match subject {
        Subject::Message(temp_id) => temp_id.map(ClientId::as_str),
        Subject::Agent | Subject::Other => None,
    };
    frame::json(&ErrorFrame {
        r#type: "error",
        error: text,
        message: detailed.then_some(detail.as_str()),
        code: refusal.code(),
        retry: refusal.retry(),
        retry_after_ms: refusal.retry_after().map(whole_ms),
        temp_id,
    })
}

/// Rounded up, so that nobody comes a moment too early.
fn whole_ms(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// The original's text, and whether a detail follows it.
fn headline(subject: Subject<'_>, refusal: &Refusal) -> (&'static str, bool) {
    match (subject, refusal) {
        (_, Refusal::NotAnAgent) => ("Authentication required for agent messages", false),
        (Subject::Message(_), _) => ("Failed to send message", true),
        (
            Subject::Agent,
            Refusal::BackendRefused { .. } | Refusal::BackendFailed { .. } | Refusal::BackendDown,
        ) => ("Failed to fetch agent info", false),
        (Subject::Agent, _) => ("Failed to process agent_joined event", false),
        (Subject::Other, _) => ("Failed to process message", true),
    }
}

pub fn pong() -> Option<Frame> {
    frame::json(&json!({ "type": "pong" }))
}

#[derive(Serialize)]
struct Connected<'a> {
    r#type: &'static str,
    #[serde(rename = "chatId")]
    chat_id: &'a str,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<Seq>,
}

/// The welcome; where the numbering stands is only for those who asked for more.
pub fn connected(room: &RoomId, head: Option<Head>, now: Timestamp) -> Option<Frame> {
    frame::json(&Connected {
        r#type: "connected",
        chat_id: room.local(),
        timestamp: now.to_string(),
        epoch: head.map(|head| head.epoch.to_string()),
        seq: head.map(|head| head.seq),
    })
}

/// The client cannot resume: it must start afresh from here.
pub fn reset(head: Head, now: Timestamp) -> Option<Frame> {
    let data = json!({ "epoch": head.epoch.to_string(), "seq": head.seq });
    frame::json(&json!({ "type": "reset", "data": data, "timestamp": now.to_string() }))
}

pub fn sent(temp_id: &ClientId, id: &MessageId, seq: Seq, duplicate: bool, now: Timestamp) -> Option<Frame> {
    let mut data = json!({ "id": id, "seq": seq });
    if duplicate && let Some(data) = data.as_object_mut() {
        data.insert("duplicate".to_owned(), true.into());
    }
    frame::json(&json!({ "type": "sent", "tempId": temp_id, "data": data, "timestamp": now.to_string() }))
}

#[derive(Serialize)]
struct History<'a> {
    r#type: &'static str,
    data: HistoryData<'a>,
    timestamp: String,
}

#[derive(Serialize)]
struct HistoryData<'a> {
    epoch: String,
    messages: Vec<MessageData<'a>>,
    more: bool,
}

pub fn history(epoch: Epoch, entries: &[Arc<Entry>], more: bool, now: Timestamp) -> Option<Frame> {
    let messages = entries.iter().filter_map(|entry| MessageData::of(entry)).collect();
    let data = HistoryData { epoch: epoch.to_string(), messages, more };
    frame::json(&History { r#type: "history", data, timestamp: now.to_string() })
}

pub fn refreshed(expires_at: Option<Timestamp>, now: Timestamp) -> Option<Frame> {
    let data = json!({ "expiresAt": expires_at.map(|at| at.to_string()) });
    frame::json(&json!({ "type": "refreshed", "data": data, "timestamp": now.to_string() }))
}

/// A refresh with a token that would not have opened the door.
pub fn token_refused(farewell: Farewell) -> Option<Frame> {
    let (_, reason) = close_reason(farewell)?;
    error(reason, "invalid_token")
}

/// The last words: the close frame, and before it what only those hear who asked for more.
pub fn goodbye(farewell: Farewell, extras: bool) -> Vec<Frame> {
    let Some((code, reason)) = close_reason(farewell) else { return Vec::new() };
    let (told, reason) = match farewell {
        Farewell::ShuttingDown { retry_ms, at } => (
            frame::json(&json!({
                "type": "goodbye", "reason": farewell.code(), "retryAfterMs": retry_ms, "timestamp": at.to_string(),
            })),
            format!("{reason}; retry in {retry_ms} ms"),
        ),
        Farewell::Flooding => {
            let told = json!({
                "type": "goodbye", "reason": farewell.code(), "retryAfterMs": whole_ms(FLOOD_WINDOW),
            });
            (frame::json(&told), reason.to_owned())
        }
        _ => (None, reason.to_owned()),
    };
    told.filter(|_| extras).into_iter().chain([frame::close(code, &reason)]).collect()
}

/// Close codes and reasons, PROTOCOLS section 6.1; RFC 6455 section 7.4 for the rest. None: hang up without a word.
pub fn close_reason(farewell: Farewell) -> Option<(u16, &'static str)> {
    match farewell {
        Farewell::TokenMissing => Some((4001, "Missing authentication token")),
        Farewell::TokenExpired => Some((4002, "Token expired")),
        Farewell::TokenInvalid => Some((4002, "Invalid token")),
        Farewell::TokenIncomplete => Some((4002, "Invalid token payload: missing userId or chatId")),
        Farewell::SessionExpired => Some((4003, "Token expired")),
        Farewell::Banned => Some((4403, "Banned")),
        Farewell::Disconnected => Some((4403, "Disconnected")),
        Farewell::Flooding => Some((4429, "Too many messages")),
        Farewell::TooBig => Some((1009, "Message too big")),
        Farewell::TooFragmented => Some((1008, "Too many or too slow fragments")),
        Farewell::Malformed => Some((1002, "Protocol error")),
        Farewell::NotText => Some((1007, "Text is not UTF-8")),
        Farewell::ShuttingDown { .. } => Some((1012, "Server shutting down")),
        Farewell::TryLater => Some((1013, "Try again later")),
        Farewell::Internal => Some((4000, "Internal server error")),
        Farewell::ByClient(code) => Some((code, "")),
        Farewell::TooSlow | Farewell::NoHeartbeat => None,
    }
}
