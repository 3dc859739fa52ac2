//! Is it up, is it well, may traffic come: three questions, three answers.

use actix_web::HttpResponse;
use actix_web::web::Data;
use recado_actors::shard::CountSessions;
use serde::Serialize;
use serde_json::json;

use super::{OpsDoor, open};
use crate::telemetry::process::{Usage, memory_limit};

/// The most chats listed.
const LISTED: usize = 100;

/// `GET /health`, in the shape of seed 004; 200 also when degraded.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    /// Seconds.
    uptime: f64,
    connections: Connections,
    memory: Memory,
    timestamp: String,
}

#[derive(Serialize)]
struct Connections {
    total: usize,
    #[serde(rename = "byChat")]
    by_chat: Vec<Chat>,
}

#[derive(Serialize)]
struct Chat {
    #[serde(rename = "chatId")]
    chat_id: String,
    count: usize,
}

/// Bytes.
#[derive(Serialize)]
struct Memory {
    used: u64,
    total: u64,
    percentage: u64,
}

pub(super) async fn health(door: Data<OpsDoor>) -> HttpResponse {
    let broker = &door.broker;
    let now = broker.clock().now();
    let counted = broker.count_sessions(CountSessions { most: LISTED }).await;
    let by_chat =
        counted.into_iter().map(|(room, count)| Chat { chat_id: cut(room.local()), count }).collect();
    let health = Health {
        status: if broker.vitals().degraded() { "degraded" } else { "healthy" },
        uptime: std::time::Duration::from_millis(u64::try_from(now.0 - door.started.0).unwrap_or(0))
            .as_secs_f64(),
        connections: Connections { total: door.gate.connections(), by_chat },
        memory: memory(),
        timestamp: now.to_string(),
    };
    let body = serde_json::to_string_pretty(&health).unwrap_or_default();
    open(HttpResponse::Ok().content_type("application/json").body(body))
}

/// The original shows no more of a chat's id.
fn cut(id: &str) -> String {
    let mut short: String = id.chars().take(8).collect();
    short.push_str("...");
    short
}

fn memory() -> Memory {
    let used = Usage::read().resident_bytes.unwrap_or(0);
    let total = memory_limit().unwrap_or(used);
    let percentage = used.saturating_mul(100).checked_div(total).unwrap_or(0);
    Memory { used, total, percentage }
}

/// `GET /health/live`: the process runs. Nothing else is asked, so that a sick store never restarts it.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// `GET /health/ready`: messages flow.
pub(super) async fn ready(door: Data<OpsDoor>) -> HttpResponse {
    let reasons = door.broker.vitals().unready();
    if reasons.is_empty() {
        return HttpResponse::Ok().json(json!({ "status": "ready" }));
    }
    HttpResponse::ServiceUnavailable().json(json!({ "status": "not ready", "reasons": reasons }))
}
