//! A backend's users, put here so that conversations know whom they are with.
//!
//! What is put takes the place of what a token told.

use actix_web::{HttpResponse, web};
use recado_actors::archive::SaveUser;
use recado_actors::id::UserId;
use recado_actors::ports::people::User;
use recado_actors::refusal::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::path::UserInPath;
use super::{InternalDoor, words};
use crate::doors::problem::Problem;

/// A user as your application knows them.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ana", "lastName": "Souza", "email": "ana@example.com", "verified": true
}))]
pub struct PutUser {
    #[serde(deserialize_with = "words::name")]
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    #[serde(default, deserialize_with = "words::maybe_name")]
    #[schema(max_length = 256)]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "words::maybe_email")]
    #[schema(max_length = 320)]
    email: Option<String>,
    /// Their email was proved. Not, unless told.
    #[serde(default)]
    #[schema(default = false)]
    verified: Option<bool>,
}

/// The user as stored.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub struct UserView {
    #[schema(example = "7")]
    id: String,
    #[schema(example = "Ana")]
    name: String,
    #[schema(example = "Souza")]
    last_name: String,
    #[schema(required, example = "ana@example.com")]
    email: Option<String>,
    verified: bool,
}

impl PutUser {
    fn into_user(self, id: UserId) -> User {
        let Self { name, last_name, email, verified } = self;
        let (last_name, verified) = (last_name.unwrap_or_default(), verified.unwrap_or(false));
        User { id, name, last_name, email, verified, last_seen: None }
    }
}

/// Put a user
///
/// Makes them known, or replaces all that is known of them. In the chat dialect, ids of users are whole numbers.
#[utoipa::path(
    put,
    path = "/internal/users/{id}",
    tag = "people",
    params(("id" = String, Path, description = "The user, as tokens name them", example = "7")),
    request_body = PutUser,
    responses(
        (status = 200, description = "They were known, and are so now", body = UserView),
        (status = 201, description = "They are known from now on", body = UserView),
    ),
)]
pub async fn put_user(
    door: web::Data<InternalDoor>,
    UserInPath(id): UserInPath,
    JsonBody { said, .. }: JsonBody<PutUser>,
) -> Result<HttpResponse, Problem> {
    let user = said.into_user(id);
    let User { id, name, last_name, email, verified, .. } = user.clone();
    let view = UserView { id: id.to_string(), name, last_name, email, verified };
    let wait = door.broker.settings().command_timeout;
    let new = door.broker.archive().ask(SaveUser(user), wait).await?.map_err(Refusal::from)?;
    let mut answer = if new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.json(view))
}
