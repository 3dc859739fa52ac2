//! The internal API: how a backend speaks in chats, reads them, and decides who may be in them.
//!
//! Nothing of it is reached without the secret, and every error it gives is a problem (RFC 9457).

mod bans;
mod body;
mod broadcast;
mod closing;
mod disconnect;
mod fields;
mod groups;
mod guard;
mod history;
mod idempotency;
mod log_level;
mod members;
mod messages;
mod openapi;
mod path;
mod problems;
mod target;
mod tickets;
mod users;
mod webhooks;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, Resource, Responder, Route};
use recado_actors::broker::Broker;
use recado_actors::ports::LogError;
use recado_actors::refusal::Refusal;

use crate::auth::{InternalSecrets, Tickets};
use crate::doors::socket::gate::Gate;
use crate::telemetry::Dial;

pub use bans::NewBan;
pub use body::read as read_body;
pub use broadcast::Notice;
pub use groups::PutGroup;
pub use log_level::NewLevel;
pub use messages::{MessageEdit, NewMessage};
pub use openapi::{configure_docs, openapi};
pub use target::TargetBody;
pub use tickets::NewTicket;
pub use users::PutUser;

const ROOT: &str = "/internal";

/// What the internal API needs of the service.
#[derive(Clone)]
pub struct InternalDoor {
    pub broker: Broker,
    pub secrets: Arc<InternalSecrets>,
    /// Knows who calls, and how often who failed.
    pub gate: Arc<Gate>,
    /// None: this node has no secret to sign tickets with.
    pub tickets: Option<Arc<Tickets>>,
    pub log_level: Dial,
    /// The longest body that is read.
    pub body_bytes: usize,
}

impl InternalDoor {
    /// Waits for a port no longer than for an actor.
    async fn wait_for<T>(&self, answer: impl Future<Output = Result<T, LogError>>) -> Result<T, Refusal> {
        let most = self.broker.settings().command_timeout;
        match tokio::time::timeout(most, answer).await {
            Ok(answer) => answer.map_err(Refusal::from),
            Err(_) => Err(Refusal::TimedOut),
        }
    }
}

/// Mounts the API under `/internal`.
pub fn configure(door: InternalDoor) -> impl FnOnce(&mut ServiceConfig) + Clone {
    let door = web::Data::new(door);
    move |config| {
        let caller = door.clone();
        let mut scope = web::scope(ROOT).app_data(door).default_service(web::to(problems::unknown_route));
        for (path, routes) in routes() {
            scope = scope.service(resource(path, routes));
        }
        config.service(scope.wrap(from_fn(move |request, next| {
            let door = caller.clone();
            async move { guard::admit(&door, request, next).await }
        })));
    }
}

/// Every address of the API, and what answers there to which method.
fn routes() -> Vec<(&'static str, Vec<(Method, Route)>)> {
    vec![
        ("/chats/{chatId}/messages", vec![on(Method::POST, messages::post_message)]),
        (
            "/chats/{chatId}/messages/{id}",
            vec![on(Method::PATCH, messages::edit_message), on(Method::DELETE, messages::delete_message)],
        ),
        ("/chats/{chatId}/entries", vec![on(Method::GET, history::list_entries)]),
        ("/chats/{chatId}/members", vec![on(Method::GET, members::list_members)]),
        ("/chats/{chatId}/close", vec![on(Method::POST, closing::close_chat)]),
        ("/chats/{chatId}/reopen", vec![on(Method::POST, closing::reopen_chat)]),
        ("/disconnect", vec![on(Method::POST, disconnect::disconnect)]),
        (
            "/bans",
            vec![
                on(Method::GET, bans::list_bans),
                on(Method::POST, bans::add_ban),
                on(Method::DELETE, bans::lift_ban),
            ],
        ),
        ("/broadcast", vec![on(Method::POST, broadcast::broadcast)]),
        ("/webhooks", vec![on(Method::GET, webhooks::list_endpoints)]),
        ("/webhooks/dead", vec![on(Method::GET, webhooks::list_dead)]),
        ("/webhooks/dead/replay", vec![on(Method::POST, webhooks::replay_all)]),
        ("/webhooks/dead/{id}/replay", vec![on(Method::POST, webhooks::replay_one)]),
        ("/webhooks/{endpoint}/enable", vec![on(Method::POST, webhooks::enable_endpoint)]),
        ("/users/{id}", vec![on(Method::PUT, users::put_user)]),
        ("/groups/{id}", vec![on(Method::PUT, groups::put_group)]),
        ("/tickets", vec![on(Method::POST, tickets::issue_ticket)]),
        ("/log-level", vec![on(Method::GET, log_level::get_level), on(Method::PUT, log_level::put_level)]),
    ]
}

fn on<F, Args>(method: Method, handler: F) -> (Method, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    (method.clone(), web::method(method).to(handler))
}

/// One address; other methods are told which there are.
fn resource(path: &str, routes: Vec<(Method, Route)>) -> Resource {
    let methods: Vec<&str> = routes.iter().map(|(method, _)| method.as_str()).collect();
    let allow = methods.join(", ");
    let others = web::to(move || std::future::ready(problems::wrong_method(&allow)));
    let resource = web::resource(path).default_service(others);
    routes.into_iter().fold(resource, |resource, (_, route)| resource.route(route))
}
