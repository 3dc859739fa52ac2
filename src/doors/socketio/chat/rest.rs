//! The chat dialect over HTTP: groups, their messages, and whom one can talk to (seed 003, PROTOCOLS section 5.4).
//!
//! What is sent here is heard at every door, as if it came by a socket.

mod answer;
mod body;
mod caller;
mod groups;
mod making;
mod member;
mod messages;
mod openapi;
mod posting;
mod searching;
mod users;
mod views;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, QueryConfig, ServiceConfig};
use recado_actors::broker::Broker;

use self::answer::Failure;
use super::ChatDoor;
use crate::doors::cors::Shared;
use crate::doors::socket::gate::Gate;

pub use openapi::openapi;

/// What this door needs of the rest.
pub struct RestDoor {
    pub broker: Broker,
    pub chat: ChatDoor,
    pub gate: Arc<Gate>,
    /// The most bytes of a body.
    pub body_bytes: usize,
}

/// What pages of other origins may do here.
const SHARED: Shared =
    Shared { methods: "GET, POST, OPTIONS", asked: "Authorization, Content-Type", told: "Retry-After" };

/// Mounts `/api/chat/`.
pub fn configure(door: Arc<RestDoor>) -> impl FnOnce(&mut ServiceConfig) {
    let gate = door.gate.clone();
    let door = Data::from(door);
    move |config| {
        config.app_data(door);
        let resources = [
            web::resource("/api/chat/groups")
                .route(web::get().to(groups::list_groups))
                .route(web::post().to(making::make_group)),
            web::resource("/api/chat/groups/{groupId}/messages")
                .route(web::get().to(messages::list_messages))
                .route(web::post().to(posting::post_message)),
            web::resource("/api/chat/groups/{groupId}/messages/search")
                .route(web::get().to(searching::search_messages)),
            web::resource("/api/chat/users/search").route(web::get().to(users::search_users)),
            web::resource("/api/chat/users/contacts").route(web::get().to(users::list_contacts)),
        ];
        for resource in resources {
            let gate = gate.clone();
            let share = from_fn(move |request, next| SHARED.share(gate.clone(), request, next));
            let resource =
                resource.app_data(QueryConfig::default().error_handler(|error, _| {
                    Failure::invalid(format!("parâmetros inválidos: {error}")).into()
                }));
            config.service(resource.wrap(share).default_service(web::to(answer::wrong_method)));
        }
    }
}
