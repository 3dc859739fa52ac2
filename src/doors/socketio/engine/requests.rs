//! Engine.IO over plain HTTP: handshakes, polls, posts, and what browsers ask before those.
//!
//! A request may come to any thread; it speaks to its session through the actor's address.

use std::rc::Rc;
use std::sync::Arc;

use actix::Addr;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::cors;
use super::denied::Denied;
use super::line::{Line, LineWire};
use super::mount::{Mount, Newcomer};
use super::packet::Protocol;
use super::payload3::Shape;
use super::polled::{Encoding, Polled};
use super::registry::{Entry, Standing};
use super::session::{Break, Poll, PollGone, Post, Session};
use super::wish::{Wish, wish};
use crate::doors::problem::Problem;
use crate::doors::socket::Arrival;
use crate::doors::socket::deflate::{Squeezed, squeezed};
use crate::doors::socket::gate::Hold;
use crate::doors::socket::upgrade::Entrance;

pub async fn answer(request: HttpRequest, mount: Data<Mount>, payload: Payload) -> HttpResponse {
    let Some(entrance) = request.app_data::<Rc<Entrance>>() else {
        return HttpResponse::InternalServerError().finish();
    };
    let mut response = if request.method() == Method::OPTIONS {
        cors::preflight(&request)
    } else {
        let answer = serve(&request, &mount.into_inner(), entrance, payload).await;
        answer.unwrap_or_else(|denied| denied.response())
    };
    cors::allow(&request, &entrance.gate, &mut response);
    response
}

async fn serve(
    request: &HttpRequest,
    mount: &Arc<Mount>,
    entrance: &Rc<Entrance>,
    payload: Payload,
) -> Result<HttpResponse, Denied> {
    match wish(mount, request.head(), false)? {
        Wish::Open(encoding) => open(request, mount, entrance, encoding).await,
        Wish::GoOn(entry) if request.method() == Method::GET => {
            poll(entry).await.map(|polled| told(polled, request, entrance))
        }
        Wish::GoOn(entry) if request.method() == Method::POST => {
            post(request, mount, entrance, entry, payload).await
        }
        Wish::GoOn(_) => Err(Denied::BAD_REQUEST),
    }
}

async fn open(
    request: &HttpRequest,
    mount: &Arc<Mount>,
    entrance: &Rc<Entrance>,
    encoding: Encoding,
) -> Result<HttpResponse, Denied> {
    let vitals = entrance.worker.broker().vitals();
    let refused = |problem: Problem| {
        vitals.counts.connects.count(problem.code);
        Denied::from(&problem)
    };
    let share = mount.capacity.take().map_err(refused)?;
    let place = entrance.gate.admit(request.head(), vitals.draining()).map_err(refused)?;
    entrance.gate.wait_for_turn(vitals.until_draining()).await.map_err(refused)?;
    let ours = || Denied::from(&Problem::new(500, "internal", "a fault of ours"));
    let dialect = mount.dialect(entrance).ok_or_else(ours)?;
    let line = Line::polling(encoding);
    let outlet = entrance.worker.outlet(dialect, Box::new(LineWire(line.clone())));
    let arrival = Arrival::read(request.head(), entrance.gate.client_address(request.head()));
    let allowance = entrance.worker.allowance(&outlet, arrival.address);
    let protocol = encoding.protocol;
    let comer = Newcomer { arrival, place, share, protocol, outlet, allowance, line };
    let life = mount.begin(entrance, comer).ok_or_else(ours)?;
    if let Some(work) = life.open() {
        actix_web::rt::spawn(work);
    }
    Ok(told(encoding.one(&mount.opening(life.seat.sid, true).text(protocol)), request, entrance))
}

fn told(polled: Polled, request: &HttpRequest, entrance: &Entrance) -> HttpResponse {
    let Polled { bytes, content_type } = polled;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    let level = entrance.deflate.as_ref().map(|engines| engines.deflater.level());
    let accept = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    match level.zip(accept).and_then(|(level, accept)| squeezed(accept, level, &bytes)) {
        Some(Squeezed { bytes, coding }) => {
            response.insert_header((header::CONTENT_ENCODING, coding)).body(bytes)
        }
        None => response.body(bytes),
    }
}

/// Tells the session when its client gives up.
struct Waiting(Option<Addr<Session>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            session.do_send(PollGone);
        }
    }
}

async fn poll(entry: Entry) -> Result<Polled, Denied> {
    let (answer, polled) = oneshot::channel();
    // Dropped after the receiver, or the session would find it still there.
    let session = entry.session.ok_or(Denied::BAD_REQUEST)?;
    let mut waiting = Waiting(Some(session.clone()));
    let polled = async {
        session.send(Poll(answer)).await.map_err(|_| Denied::UNKNOWN_SESSION)??;
        polled.await.map_err(|_| Denied::UNKNOWN_SESSION)
    }
    .await;
    waiting.0 = None;
    polled
}

/// Whoever posts lets others post when it is done, or dropped.
struct Posting(Arc<Standing>);

impl Drop for Posting {
    fn drop(&mut self) {
        self.0.end_post();
    }
}

async fn post(
    request: &HttpRequest,
    mount: &Mount,
    entrance: &Entrance,
    entry: Entry,
    payload: Payload,
) -> Result<HttpResponse, Denied> {
    let session = entry.session.ok_or(Denied::BAD_REQUEST)?;
    let broken = |why| {
        session.do_send(Break(why));
        Denied::BAD_REQUEST
    };
    if !entry.standing.begin_post() {
        return Err(broken("two posts at once"));
    }
    let _posting = Posting(entry.standing.clone());
    let is_bytes = request.content_type().eq_ignore_ascii_case("application/octet-stream");
    let shape = if is_bytes { Shape::Bytes } else { Shape::Text };
    if is_bytes && entry.protocol == Protocol::V4 {
        return Err(broken("bytes, which this protocol posts as text"));
    }
    let rules = &mount.rules;
    let mut hold = entrance.gate.bodies.begin();
    let taken = take(payload, rules.max_payload, &mut hold);
    let body = match timeout(rules.ping_interval + rules.ping_timeout, taken).await {
        Ok(Ok(body)) => body,
        Ok(Err(Untaken::NoRoom)) => return Err(Denied::from(&no_room())),
        Ok(Err(Untaken::TooBig)) => return Ok(HttpResponse::new(StatusCode::PAYLOAD_TOO_LARGE)),
        Ok(Err(Untaken::Broken)) | Err(_) => return Err(broken("a body that never ended")),
    };
    session.send(Post { body, shape, hold }).await.map_err(|_| Denied::UNKNOWN_SESSION)??;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/html")).body("ok"))
}

/// The session goes on: the same may be posted again.
fn no_room() -> Problem {
    Problem::new(503, "too_much_posted", "too much is being posted at once").retry_after(1)
}

enum Untaken {
    TooBig,
    NoRoom,
    Broken,
}

/// Takes in a body, of which no more is held than may be sent.
async fn take(mut payload: Payload, most: usize, hold: &mut Hold) -> Result<Bytes, Untaken> {
    let mut body = BytesMut::new();
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| Untaken::Broken)?;
        if body.len().saturating_add(piece.len()) > most {
            return Err(Untaken::TooBig);
        }
        if !hold.add(piece.len()) {
            return Err(Untaken::NoRoom);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}
