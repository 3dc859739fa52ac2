//! The names in a path: which chat, which message, which user or group.
//!
//! They are decoded once and parsed before a handler begins.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use recado_actors::id::{GroupId, IdError, MessageId, RoomId, UserId};
use serde::Deserialize;

use super::problems;
use crate::doors::problem::Problem;

#[derive(Deserialize)]
struct Names {
    #[serde(rename = "chatId")]
    chat: String,
    #[serde(default)]
    id: Option<String>,
}

#[derive(Deserialize)]
struct Name {
    id: String,
}

/// The user in the path.
pub struct UserInPath(pub UserId);

/// The group in the path.
pub struct GroupInPath(pub GroupId);

impl FromRequest for UserInPath {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let name = web::Path::<Name>::from_request(request, payload);
        Box::pin(async move { named(&name.await.map_err(|_| unreadable())?.id, UserId::parse).map(Self) })
    }
}

impl FromRequest for GroupInPath {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let name = web::Path::<Name>::from_request(request, payload);
        Box::pin(async move { named(&name.await.map_err(|_| unreadable())?.id, GroupId::parse).map(Self) })
    }
}

fn named<T>(id: &str, parse: impl Fn(&str) -> Result<T, IdError>) -> Result<T, Problem> {
    parse(id).map_err(|error| problems::invalid_path(format!("id: {error}")))
}

/// The chat in the path.
pub struct ChatInPath(pub RoomId);

/// The message in the path, and its chat.
pub struct MessageInPath {
    pub room: RoomId,
    pub id: MessageId,
}

impl FromRequest for ChatInPath {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let names = web::Path::<Names>::from_request(request, payload);
        Box::pin(async move { room(&*names.await.map_err(|_| unreadable())?).map(Self) })
    }
}

impl FromRequest for MessageInPath {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let names = web::Path::<Names>::from_request(request, payload);
        Box::pin(async move {
            let names = names.await.map_err(|_| unreadable())?;
            let id = named(names.id.as_deref().unwrap_or_default(), MessageId::parse)?;
            Ok(Self { room: room(&names)?, id })
        })
    }
}

fn room(names: &Names) -> Result<RoomId, Problem> {
    RoomId::chat(&names.chat).map_err(|error| problems::invalid_path(format!("chatId: {error}")))
}

fn unreadable() -> Problem {
    problems::invalid_path("the path cannot be decoded".to_owned())
}
