//! Whom a disconnect or a ban is meant for.
//!
//! A target that names nobody is refused: it would mean everybody.

use recado_actors::id::{RoomId, UserId};
use recado_actors::shard::Target;
use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::FieldError;
use super::{problems, words};
use crate::doors::problem::Problem;

/// Every field that is set must match; at least one must be set.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Target, example = json!({ "userId": "user_123", "chatId": "chat_123" }))]
pub struct TargetBody {
    #[serde(default, deserialize_with = "words::maybe_user")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    pub user_id: Option<UserId>,
    /// The `jti` of the token a session came with.
    #[serde(default, deserialize_with = "words::maybe_token_id")]
    #[schema(min_length = 1, max_length = 1024)]
    pub token_id: Option<String>,
    #[serde(default, deserialize_with = "words::maybe_chat")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    pub chat_id: Option<RoomId>,
}

impl TargetBody {
    pub fn into_target(self) -> Result<Target, Problem> {
        let Self { user_id, token_id, chat_id } = self;
        if user_id.is_none() && token_id.is_none() && chat_id.is_none() {
            let nobody: FieldError =
                serde::de::Error::custom("one of userId, tokenId and chatId must be set");
            return Err(problems::invalid_body(&nobody));
        }
        Ok(Target { user: user_id, token_id, room: chat_id })
    }
}
