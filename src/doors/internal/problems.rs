//! The problems that only this API has; those of the broker are worded once for all HTTP doors.
//!
//! No text of them repeats what a caller sent, so none can carry a message or a secret into a log.

use actix_web::http::header::{ALLOW, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use super::fields::FieldError;
use recado_actors::id::GroupId;

use crate::auth::TicketError;
use crate::doors::problem::Problem;

pub fn unauthorized() -> HttpResponse {
    let problem = Problem::new(401, "unauthorized", "the internal secret is missing or wrong");
    with_header(&problem, WWW_AUTHENTICATE, "Bearer")
}

pub async fn unknown_route() -> HttpResponse {
    Problem::new(404, "unknown_route", "the internal api has nothing at this path").error_response()
}

pub fn wrong_method(allow: &str) -> HttpResponse {
    let problem = Problem::new(405, "method_not_allowed", format!("this path answers to {allow} only"));
    with_header(&problem, ALLOW, allow)
}

fn with_header(problem: &Problem, name: HeaderName, value: &str) -> HttpResponse {
    let mut response = problem.error_response();
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

pub fn too_large(limit: usize) -> Problem {
    Problem::new(413, "body_too_large", format!("the body has more than {limit} bytes"))
}

pub fn too_slow() -> Problem {
    Problem::new(408, "body_too_slow", "the body did not come in time")
}

pub fn broken_off() -> Problem {
    Problem::new(400, "body_broken_off", "the body did not come whole")
}

pub fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(400, "malformed_json", format!("the body is not json: {error}"))
}

pub fn invalid_body(error: &FieldError) -> Problem {
    Problem::new(422, "invalid_body", error.to_string())
}

pub fn invalid_query(error: &FieldError) -> Problem {
    Problem::new(422, "invalid_query", error.to_string())
}

pub fn invalid_path(detail: String) -> Problem {
    Problem::new(422, "invalid_path", detail)
}

pub fn bad_key() -> Problem {
    let detail = "idempotency-key must come once and be 1 to 255 visible ascii characters";
    Problem::new(400, "invalid_idempotency_key", detail)
}

pub fn key_reused() -> Problem {
    let detail = "the idempotency-key was used for another request";
    Problem::new(422, "idempotency_key_reused", detail)
}

/// A list of members that cannot be: which of them is wrong, and how.
pub fn invalid_member(place: usize, text: &str) -> Problem {
    invalid_body(&FieldError::of("userId", text).at_item(place).at("members"))
}

pub fn pair_taken(group: GroupId) -> Problem {
    let detail = format!("these two users have the direct group {group} already");
    Problem::new(409, "direct_group_exists", detail)
}

pub fn unknown_endpoint() -> Problem {
    Problem::new(404, "unknown_endpoint", "webhooks.urls has nothing at this place")
}

pub fn unknown_letter() -> Problem {
    Problem::new(404, "unknown_dead_letter", "there is no such dead letter, or it is on its way again")
}

pub fn no_tickets() -> Problem {
    Problem::new(503, "tickets_unavailable", "this node has no secret to sign tickets with")
}

impl From<TicketError> for Problem {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::NoUser
            | TicketError::Ttl { .. }
            | TicketError::SessionOver
            | TicketError::TooLong => Self::new(422, "invalid_ticket", error.to_string()),
            TicketError::Unsigned => Self::new(500, "ticket_unsigned", error.to_string()),
        }
    }
}
