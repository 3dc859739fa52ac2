//! Ending live sessions.
//!
//! It shuts nobody out: whoever has a valid token may come back at once. That is what bans are for.

use actix_web::{HttpResponse, web};
use recado_actors::refusal::Farewell;
use recado_actors::shard::EndSessions;
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalDoor;
use super::body::JsonBody;
use super::target::TargetBody;
use crate::doors::problem::Problem;

#[derive(Serialize, ToSchema)]
pub struct Ended {
    /// How many sessions were ended.
    #[schema(example = 2)]
    pub ended: usize,
}

/// End sessions
///
/// They are closed with 4403 and may come back.
#[utoipa::path(
    post,
    path = "/internal/disconnect",
    tag = "access",
    request_body = TargetBody,
    responses((status = 200, description = "They are being closed", body = Ended)),
)]
pub async fn disconnect(
    door: web::Data<InternalDoor>,
    JsonBody { said, .. }: JsonBody<TargetBody>,
) -> Result<HttpResponse, Problem> {
    let end = EndSessions { target: said.into_target()?, farewell: Farewell::Disconnected };
    let ended = door.broker.end_sessions(end).await;
    Ok(HttpResponse::Ok().json(Ended { ended }))
}
