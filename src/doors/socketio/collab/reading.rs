//! `GET /collab/api/document/{id}`, or `/api/document/{id}` on a port of its own: a document as its newest update left it, for whoever shows a token.

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use recado_actors::id::{RoomId, Seq};
use recado_actors::ports::Stretch;
use recado_actors::refusal::Refusal;
use recado_actors::warden::Admit;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Backing, asked, words};
use crate::doors::problem::Problem;
use crate::doors::socketio::engine::cors;
use crate::doors::socketio::proof::{self, Proved};
use crate::doors::verified::verified;

const SCHEME: &str = "bearer ";
/// Entries looked at in one go; each may be large.
const PAGE: usize = 16;

pub(super) async fn document(request: HttpRequest, door: Data<Backing>, id: Path<String>) -> HttpResponse {
    let mut response = if request.method() == Method::OPTIONS {
        cors::preflight(&request)
    } else {
        read(&request, &door, &id).await.unwrap_or_else(|problem| problem.error_response())
    };
    cors::allow(&request, &door.gate, &mut response);
    response
}

async fn read(request: &HttpRequest, door: &Backing, id: &str) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(404, "unknown_document", "no such document");
    let room = asked::room(id).ok_or_else(unknown)?;
    admit(request, door, &room).await?;
    let wait = door.broker.settings().command_timeout;
    let newest = timeout(wait, newest(door, &room)).await.map_err(|_| Refusal::TimedOut)??;
    let answer = json!({ "success": true, "document": newest.ok_or_else(unknown)? });
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}

async fn admit(request: &HttpRequest, door: &Backing, room: &RoomId) -> Result<(), Problem> {
    let address = door.gate.client_address(request.head());
    door.gate.check_failures(address)?;
    let (keys, counts) = (&door.rules.verifier, &door.broker.vitals().counts);
    let token = token(request).unwrap_or_default();
    let verified = verified(keys, None, token, counts, || door.gate.note_failure(address)).await;
    let claims = verified.map_err(|_| Problem::new(401, "unauthorized", "Authentication error"))?;
    let nobody = || Problem::new(401, "unauthorized", "the token names no user who is known");
    let proved = proof::proved(claims).filter(|proved| proved.identity.may_speak_as_agent);
    let Proved { identity, pass } = proved.ok_or_else(nobody)?;
    if !pass.opens(room) {
        return Err(Problem::new(403, "forbidden", "the token is for other documents"));
    }
    let admit = Admit { identity, rooms: vec![room.clone()], ticket: None };
    Ok(door.broker.warden().ask(admit, door.broker.settings().command_timeout).await??)
}

fn token(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| token.trim())
}

/// The document as the newest of its updates left it.
async fn newest(door: &Backing, room: &RoomId) -> Result<Option<Value>, Refusal> {
    let mut before = Seq(u64::MAX);
    loop {
        let page = door.broker.ports().log.read(room, Stretch::Before(before), PAGE).await;
        let page = page.inspect_err(|_| door.broker.count_failed_read())?;
        if let Some(document) = page.entries.iter().rev().find_map(|entry| words::document(entry)) {
            return Ok(Some(document));
        }
        match page.entries.first() {
            Some(oldest) if page.more => before = oldest.seq,
            _ => return Ok(None),
        }
    }
}
