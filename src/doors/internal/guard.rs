//! The one way into the internal API: the shared secret, and a broker that is not about to end.
//!
//! It stands before routes and bodies: who has no secret learns nothing but that, and a wrong one looks like none. A
//! call that changes something is refused while draining or waited for, never cut off.

use std::net::IpAddr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};
use recado_actors::refusal::Refusal;

use super::{InternalDoor, problems};
use crate::doors::problem::Problem;
use crate::doors::socket::gate::Gate;

const HEADER: &str = "x-internal-secret";
const SCHEME: &str = "bearer ";

pub async fn admit(
    door: &InternalDoor,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = if !door.secrets.admits(presented(request.headers())) {
        let refusal = refuse(&door.gate, door.gate.client_address(request.head()));
        request.into_response(refusal)
    } else if request.method().is_safe() {
        next.call(request).await?.map_into_boxed_body()
    } else if let Some(_call) = door.broker.vitals().take_call() {
        next.call(request).await?.map_into_boxed_body()
    } else {
        request.into_response(Problem::from(Refusal::Draining).error_response())
    };
    // Chats must not come to rest in a proxy's cache.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Whoever guesses too often hears no more than that. The right secret is always admitted: a backend must not be
/// locked out by others who come from the same address.
fn refuse(gate: &Gate, address: Option<IpAddr>) -> HttpResponse {
    if let Err(problem) = gate.check_failures(address) {
        return problem.error_response();
    }
    gate.note_failure(address);
    problems::unauthorized()
}

/// What was presented as the secret; empty, which is never one, if nothing was.
fn presented(headers: &HeaderMap) -> &[u8] {
    if let Some(secret) = headers.get(HEADER) {
        return secret.as_bytes();
    }
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().split_at_checked(SCHEME.len()));
    match bearer {
        Some((scheme, secret)) if scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) => secret.trim_ascii(),
        _ => &[],
    }
}
