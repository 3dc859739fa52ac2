//! Who may see the figures: whoever shows an internal secret, or a token with the admin role.
//!
//! Every failure sounds the same. The right secret is always admitted; a token is not even verified for an address
//! from which too many failures came.

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use super::AdminDoor;
use crate::doors::problem::Problem;

const HEADER: &str = "x-internal-secret";
const SCHEME: &str = "bearer ";

pub(super) async fn admit(door: &AdminDoor, request: &HttpRequest) -> Result<(), Problem> {
    let (secret, bearer) = presented(request);
    if door.secrets.admits(secret) || door.secrets.admits(bearer) {
        return Ok(());
    }
    let address = door.gate.client_address(request.head());
    door.gate.check_failures(address)?;
    if let Ok(token) = std::str::from_utf8(bearer)
        && door.verifier.verify(token).await.is_ok_and(|claims| claims.admin)
    {
        return Ok(());
    }
    door.gate.note_failure(address);
    door.broker.vitals().counts.auth_failures.count("admin");
    let detail = "an internal secret or a token with the admin role is needed";
    Err(Problem::new(401, "unauthorized", detail))
}

pub(super) fn refused(problem: &Problem) -> HttpResponse {
    let mut response = problem.error_response();
    if problem.status == 401 {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What was shown as the secret and what as the bearer; empty, which opens nothing, if nothing was.
fn presented(request: &HttpRequest) -> (&[u8], &[u8]) {
    let headers = request.headers();
    let secret = headers.get(HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().split_at_checked(SCHEME.len()));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(SCHEME.as_bytes()));
    (secret, bearer.map(|(_, bearer)| bearer.trim_ascii()).unwrap_or_default())
}
