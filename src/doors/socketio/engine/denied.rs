//! Why a request is not served, in the words of stock servers, which clients go by.
//!
//! | code | message |
//! |---|---|
//! | 0 | Transport unknown |
//! | 1 | Session ID unknown |
//! | 2 | Bad handshake method |
//! | 3 | Bad request |
//! | 4 | Forbidden |
//! | 5 | Unsupported protocol version |
//!
//! What the gate refuses has code 4 and the gate's own status and words.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use serde_json::json;

use crate::doors::problem::Problem;
use crate::doors::socket::upgrade::refusal;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    status: u16,
    code: u8,
    message: Cow<'static, str>,
    retry_after: Option<u64>,
}

impl Denied {
    pub const UNKNOWN_TRANSPORT: Self = Self::plain(0, "Transport unknown");
    pub const UNKNOWN_SESSION: Self = Self::plain(1, "Session ID unknown");
    pub const BAD_METHOD: Self = Self::plain(2, "Bad handshake method");
    pub const BAD_REQUEST: Self = Self::plain(3, "Bad request");
    pub const UNSUPPORTED_PROTOCOL: Self = Self::plain(5, "Unsupported protocol version");

    const fn plain(code: u8, message: &'static str) -> Self {
        Self { status: 400, code, message: Cow::Borrowed(message), retry_after: None }
    }

    /// As an answer to a plain request.
    pub fn response(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = HttpResponse::build(status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        response.json(json!({ "code": self.code, "message": self.message }))
    }

    /// As the whole answer to an upgrade, in which stock servers say the message alone.
    pub fn raw(&self) -> String {
        let problem = Problem { retry_after: self.retry_after, ..Problem::new(self.status, "", "") };
        refusal(&problem, self.status, "text/html", &self.message)
    }
}

impl From<&Problem> for Denied {
    fn from(problem: &Problem) -> Self {
        let message = if problem.status == 403 { "Forbidden".into() } else { problem.detail.clone() };
        Self { status: problem.status, code: 4, message, retry_after: problem.retry_after }
    }
}

/// What the gate has against an upgrade.
pub fn raw_problem(problem: &Problem) -> String {
    Denied::from(problem).raw()
}
