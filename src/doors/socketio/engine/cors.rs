//! What browsers are told of who may read the answers: the origins the gate lets in, by name, and never all of them.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::doors::socket::gate::Gate;

/// The answer to what a browser asks first.
pub fn preflight(request: &HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::NoContent().finish();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET,POST"));
    if let Some(wanted) = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    response
}

/// Adds what a page of an origin that is let in needs to read the answer.
pub fn allow(request: &HttpRequest, gate: &Gate, response: &mut HttpResponse) {
    let headers = response.headers_mut();
    vary(headers, header::ORIGIN);
    let Some(origin) = request.headers().get(header::ORIGIN) else { return };
    if gate.check_origin(request.head()).is_ok() {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

fn vary(headers: &mut header::HeaderMap, name: HeaderName) {
    headers.append(header::VARY, name.into());
}
