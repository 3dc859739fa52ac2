//! `Idempotency-Key`: the same request again gets the answer it got, and does nothing a second time.
//!
//! Only what was done is remembered; a refusal changed nothing, so the same key may try again. Requests that race
//! with one key meet in the log: their client id is made of the key, so one entry comes of them.

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};
use recado_actors::archive::KeepAnswer;
use recado_actors::id::{ClientId, RoomId};
use recado_actors::message::room::{EntryBody, Message, Posted};
use recado_actors::ports::KeyedAnswer;

use super::{InternalDoor, problems};
use crate::doors::problem::Problem;

pub const HEADER: &str = "idempotency-key";
pub const REPLAYED: &str = "idempotency-replayed";
const KEY_BYTES: usize = 255;

/// A key, and the request it came with.
pub struct Keyed {
    /// The key together with the chat it is for.
    key: String,
    /// Stands for method, path and body.
    request: String,
}

impl Keyed {
    /// The request's key, if it has one.
    pub fn of(request: &HttpRequest, room: &RoomId, body: &[u8]) -> Result<Option<Self>, Problem> {
        let mut keys = request.headers().get_all(HEADER);
        let Some(key) = keys.next() else { return Ok(None) };
        let visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
        if keys.next().is_some() || key.is_empty() || key.len() > KEY_BYTES || !visible {
            return Err(problems::bad_key());
        }
        // A key has no space, so where it begins is certain whatever the chat is called.
        let key = format!("{room} {}", String::from_utf8_lossy(key.as_bytes()));
        let head = format!("{}\n{}\n", request.method(), request.path());
        Ok(Some(Self { key, request: fingerprint(&[head.as_bytes(), body].concat()) }))
    }

    /// By this the log recognises what the key did before.
    pub fn client_id(&self) -> ClientId {
        let name = format!("key_{}", fingerprint(self.key.as_bytes()));
        ClientId::parse(&name).unwrap_or_else(|_| ClientId::fresh())
    }

    /// The answer this key got before.
    pub async fn earlier(&self, door: &InternalDoor) -> Result<Option<HttpResponse>, Problem> {
        let broker = &door.broker;
        let kept = broker.ports().book.keyed_answer(self.key.clone(), broker.clock().now());
        let Some(kept) = door.wait_for(kept).await? else { return Ok(None) };
        if kept.request != self.request {
            return Err(problems::key_reused());
        }
        Ok(Some(answer(&kept, true)))
    }

    /// Remembers what was answered, and answers it; a racing request with this key may have been first.
    pub async fn keep(
        self,
        door: &InternalDoor,
        status: StatusCode,
        body: String,
        again: bool,
    ) -> Result<HttpResponse, Problem> {
        let broker = &door.broker;
        let (status, at) = (status.as_u16(), broker.clock().now());
        let ours = KeyedAnswer { key: self.key, request: self.request, status, body, at };
        let wait = broker.settings().command_timeout;
        match broker.archive().ask(KeepAnswer(ours.clone()), wait).await {
            Ok(Ok(kept)) if kept.request == ours.request => Ok(answer(&kept, again)),
            Ok(Ok(_)) if again => Err(problems::key_reused()),
            // The work is done and durable: saying otherwise would be a lie. The log knows a retry by its client id.
            Ok(_) | Err(_) => Ok(answer(&ours, again)),
        }
    }
}

/// Is what the log had under this key what was asked for now? A withdrawn message cannot be compared any more.
pub fn is_same_message(posted: &Posted, asked: &EntryBody) -> bool {
    let gist = |message: &Message| (message.content.clone(), message.role, message.sender.id.clone());
    match (posted.entry.body.message(), asked.message()) {
        (Some(stored), Some(asked)) => stored.deleted || gist(stored) == gist(asked),
        _ => false,
    }
}

fn answer(kept: &KeyedAnswer, again: bool) -> HttpResponse {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    if again {
        response.insert_header((REPLAYED, "true"));
    }
    response.insert_header(ContentType::json()).body(kept.body.clone())
}

/// SHA-256 as hex.
fn fingerprint(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
