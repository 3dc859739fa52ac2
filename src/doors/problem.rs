//! Every HTTP error as problem details (RFC 9457): a status, a stable code, and words a developer can act on.
//!
//! It alone decides which status a refusal of the broker has, so all HTTP doors agree.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, ResponseError};
use recado_actors::refusal::{DocumentRefusal, FileRefusal, GroupRefusal, Refusal};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The media type of RFC 9457.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// How soon what the broker refused for the moment may be tried again, where it does not say.
const SOON: Duration = Duration::from_secs(1);

/// An HTTP "no".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub status: u16,
    /// The stable name, in snake case.
    pub code: &'static str,
    pub detail: Cow<'static, str>,
    /// Seconds until the same request may succeed.
    pub retry_after: Option<u64>,
}

impl Problem {
    pub fn new(status: u16, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), retry_after: None }
    }

    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The same to the next whole second, never at once.
    pub fn retry_within(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.retry_after(seconds.max(1))
    }

    /// What the status means, in the words of the standard.
    pub fn title(&self) -> &'static str {
        self.status_code().canonical_reason().unwrap_or("Error")
    }

    pub fn body(&self) -> Value {
        json!({
            "type": format!("/problems/{}", self.code),
            "title": self.title(),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "retry": self.retry_after.is_some(),
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        response.content_type(MEDIA_TYPE).body(self.body().to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::new(status_of(&refusal), refusal.code(), refusal.to_string());
        if refusal.retry() { problem.retry_within(refusal.retry_after().unwrap_or(SOON)) } else { problem }
    }
}

fn status_of(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::File(why) => status_of_file(*why),
        Refusal::Group(why) => status_in_group(*why),
        Refusal::Document(why) => status_of_document(*why),
        Refusal::NotAnAgent | Refusal::OtherIdentity | Refusal::Banned | Refusal::TicketUsed => 403,
        Refusal::UnknownMessage => 404,
        Refusal::RoomClosed | Refusal::MessageDeleted | Refusal::NotInRoom | Refusal::TooManyRooms { .. } => {
            409
        }
        Refusal::EmptyContent | Refusal::ContentTooLong { .. } | Refusal::SeqAhead { .. } => 422,
        Refusal::RateLimited { .. } => 429,
        Refusal::BackendRefused { .. } | Refusal::BackendFailed { .. } => 502,
        Refusal::StoreFull
        | Refusal::StoreDown
        | Refusal::Busy
        | Refusal::TimedOut
        | Refusal::Restarting
        | Refusal::Draining
        | Refusal::BackendDown => 503,
    }
}

fn status_of_document(why: DocumentRefusal) -> u16 {
    match why {
        DocumentRefusal::NotYours | DocumentRefusal::ReadOnly => 403,
        DocumentRefusal::Unreadable => 422,
        DocumentRefusal::ChangeTooBig { .. } | DocumentRefusal::Full { .. } => 413,
        DocumentRefusal::TooManyMembers | DocumentRefusal::TooManyOpen => 503,
    }
}

fn status_of_file(refusal: FileRefusal) -> u16 {
    match refusal {
        FileRefusal::Unknown => 404,
        FileRefusal::NotYourRoom => 403,
        FileRefusal::Empty => 422,
        FileRefusal::TooLarge { .. } | FileRefusal::OverQuota { .. } => 413,
        FileRefusal::TooManyUploads => 429,
        FileRefusal::OtherOffset { .. } => 409,
        FileRefusal::InUse => 423,
    }
}

fn status_in_group(refusal: GroupRefusal) -> u16 {
    match refusal {
        GroupRefusal::Unknown => 404,
        GroupRefusal::NotAMember
        | GroupRefusal::NotTheAuthor
        | GroupRefusal::MayNotDelete
        | GroupRefusal::NotTheSender => 403,
        GroupRefusal::Inactive | GroupRefusal::TooLate { .. } | GroupRefusal::ReadAlready => 409,
        GroupRefusal::NotAText
        | GroupRefusal::UnknownReply
        | GroupRefusal::ReplyElsewhere
        | GroupRefusal::ReplyDeleted => 422,
    }
}

/// What every error answers, as `application/problem+json` (RFC 9457).
#[derive(Debug, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Names the kind of problem; ends in its code.
    #[schema(rename = "type", format = "uri-reference", example = "/problems/room_closed")]
    pub kind: String,
    /// What the status means.
    #[schema(example = "Conflict")]
    pub title: String,
    #[schema(example = 409, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What was wrong, for developers. Never repeats what was sent.
    #[schema(example = "the room is closed")]
    pub detail: String,
    /// The stable name to program against.
    #[schema(example = "room_closed")]
    pub code: String,
    /// The same request may succeed later; `Retry-After` says when.
    #[schema(example = false)]
    pub retry: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_work_later_says_when_and_nothing_else_does() {
        for (refusal, status, retry) in [
            (Refusal::RoomClosed, 409, false),
            (Refusal::UnknownMessage, 404, false),
            (Refusal::ContentTooLong { limit: 5 }, 422, false),
            (Refusal::Banned, 403, false),
            (Refusal::StoreFull, 503, true),
            (Refusal::Busy, 503, true),
            (Refusal::RateLimited { retry_after: Duration::from_millis(1) }, 429, true),
            (Refusal::TimedOut, 503, true),
            (Refusal::Restarting, 503, true),
            (Refusal::Draining, 503, true),
        ] {
            let problem = Problem::from(refusal);
            let response = problem.error_response();
            assert_eq!((problem.status, response.status().as_u16()), (status, status));
            assert_eq!(
                (response.headers().contains_key(RETRY_AFTER), &problem.body()["retry"]),
                (retry, &retry.into())
            );
        }
    }
}
