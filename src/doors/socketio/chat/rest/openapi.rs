//! The chat API in OpenAPI, made from the handlers themselves.

use utoipa::OpenApi;

use super::answer::{ErrorBody, Link};
use super::{groups, making, messages, posting, searching, users};
use crate::doors::tokened;

#[derive(OpenApi)]
#[openapi(
    paths(
        groups::list_groups,
        making::make_group,
        messages::list_messages,
        posting::post_message,
        searching::search_messages,
        users::search_users,
        users::list_contacts,
    ),
    components(schemas(ErrorBody, Link)),
    tags((name = "chat", description = "Groups and their messages, with a user's token")),
)]
struct Document;

/// The part of the document that tells of groups and messages.
pub fn openapi() -> utoipa::openapi::OpenApi {
    // A stranger is told nothing but the status.
    tokened::with_token(tokened::with_errors(Document::openapi(), "application/json", "ChatError"))
}
