//! The one way into the internal API: the shared secret.
//!
//! It stands before routes and bodies: who has no secret learns nothing but that, and a wrong one looks like none.

use std::net::IpAddr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};

use super::problems;
use crate::auth::InternalSecrets;
use crate::doors::socket::gate::Gate;

const HEADER: &str = "x-internal-secret";
const SCHEME: &str = "bearer ";

pub async fn admit(
    secrets: &InternalSecrets,
    gate: &Gate,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = if secrets.admits(presented(request.headers())) {
        next.call(request).await?.map_into_boxed_body()
    } else {
        let refusal = refuse(gate, gate.client_address(request.head()));
        request.into_response(refusal)
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
