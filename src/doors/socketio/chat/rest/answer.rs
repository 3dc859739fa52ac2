//! How this API answers: `{message, data, links}`, and errors in the original's words and statuses.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use recado_actors::ports::LogError;
use recado_actors::refusal::Refusal;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::doors::socketio::chat::texts;

/// Where to go from here.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ChatLink)]
pub struct Link {
    #[schema(example = "messages")]
    pub rel: &'static str,
    #[schema(example = "/api/chat/groups/12/messages")]
    pub href: String,
    #[schema(example = "GET")]
    pub method: &'static str,
}

pub fn link(rel: &'static str, method: &'static str, href: impl Into<String>) -> Link {
    Link { rel, href: href.into(), method }
}

#[derive(Serialize)]
struct Wrapper<T> {
    message: Cow<'static, str>,
    data: T,
    links: Vec<Link>,
}

pub fn ok(message: impl Into<Cow<'static, str>>, data: impl Serialize, links: Vec<Link>) -> HttpResponse {
    HttpResponse::Ok().json(Wrapper { message: message.into(), data, links })
}

pub fn created(
    message: impl Into<Cow<'static, str>>,
    data: impl Serialize,
    links: Vec<Link>,
) -> HttpResponse {
    HttpResponse::Created().json(Wrapper { message: message.into(), data, links })
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No token, or none that is good: an empty body.
    #[error("a token is needed")]
    Stranger,
    #[error("{error}")]
    Invalid { error: Cow<'static, str>, details: Vec<Value> },
    /// The original answers 500 to whatever its use cases refuse, and its clients read the text.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    #[error("too many requests")]
    TooMany,
    #[error("the body is too large")]
    TooLarge,
    /// Not now: the same may succeed later.
    #[error("{0}")]
    Later(Refusal),
    #[error("the method is not allowed")]
    WrongMethod,
}

impl Failure {
    pub fn invalid(error: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { error: error.into(), details: Vec::new() }
    }

    pub fn refused(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(text.into())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        if refusal.retry() {
            return Self::Later(refusal);
        }
        let text = texts::of(&refusal, texts::FAILED);
        let makes_no_sense = matches!(refusal, Refusal::EmptyContent | Refusal::ContentTooLong { .. });
        if makes_no_sense { Self::invalid(text) } else { Self::Refused(text) }
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self::Later(error.into())
    }
}

/// The body of every error but that of a stranger.
#[derive(Serialize, ToSchema)]
#[schema(as = ChatError)]
pub struct ErrorBody<'a> {
    #[schema(example = "Dados inválidos")]
    message: &'static str,
    #[schema(example = "name: is missing")]
    error: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    details: Vec<&'a Value>,
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Stranger => StatusCode::UNAUTHORIZED,
            Self::Invalid { .. } => StatusCode::BAD_REQUEST,
            Self::Refused(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Later(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Stranger => {
                return response.insert_header(("WWW-Authenticate", "Bearer")).finish();
            }
            Self::TooMany | Self::Later(_) => _ = response.insert_header(("Retry-After", "1")),
            Self::Invalid { .. } | Self::Refused(_) | Self::TooLarge | Self::WrongMethod => {}
        }
        let (message, details) = match self {
            Self::Invalid { details, .. } => ("Dados inválidos", details.iter().collect()),
            Self::TooMany => (texts::RATE_LIMITED, Vec::new()),
            Self::TooLarge => ("Corpo da requisição muito grande", Vec::new()),
            Self::WrongMethod => ("Método não permitido", Vec::new()),
            Self::Stranger | Self::Refused(_) | Self::Later(_) => (texts::FAILED, Vec::new()),
        };
        response.json(ErrorBody { message, error: &self.to_string(), details })
    }
}

pub async fn wrong_method() -> Result<HttpResponse, Failure> {
    Err(Failure::WrongMethod)
}
