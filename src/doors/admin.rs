//! The operators' page: how this node is, live. Static files for everybody, figures for those who may see them.
//!
//! It only shows. Nothing can be changed through it, and no figure names a user, a room or an address.

mod access;
mod figures;

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use recado_actors::broker::Broker;
use recado_actors::clock::Timestamp;

use crate::auth::{InternalSecrets, Verifier};
use crate::config::{Config, Place};
use crate::doors::pages::page;
use crate::doors::problem::Problem;
use crate::doors::socket::gate::Gate;

/// What the page needs of the service.
pub struct AdminDoor {
    broker: Broker,
    gate: Arc<Gate>,
    secrets: Arc<InternalSecrets>,
    verifier: Arc<Verifier>,
    node: String,
    /// The kind of store, as in `sqlite`.
    store: &'static str,
    sockets_limit: usize,
    started: Timestamp,
}

impl AdminDoor {
    pub fn new(
        config: &Config,
        broker: Broker,
        gate: Arc<Gate>,
        secrets: Arc<InternalSecrets>,
        verifier: Arc<Verifier>,
    ) -> Self {
        let store = match config.store.place() {
            Some(Place::Sqlite(_)) => "sqlite",
            Some(Place::Memory) | None => "memory",
        };
        Self {
            started: broker.clock().now(),
            node: config.server.node_name(),
            sockets_limit: config.limits.max_connections,
            broker,
            gate,
            secrets,
            verifier,
            store,
        }
    }
}

/// Mounts the page below `/admin`.
pub fn configure(door: Arc<AdminDoor>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::from(door))
            .route("/admin", web::get().to(redirect))
            .route("/admin/figures", web::get().to(look))
            .route("/admin/{file:.*}", web::get().to(file));
    }
}

async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/admin/")).finish()
}

async fn file(file: Path<String>) -> HttpResponse {
    let path = match file.as_str() {
        "" => "admin/index.html".to_owned(),
        "colours.css" => "colours.css".to_owned(),
        "icon.svg" => "demo/icon.svg".to_owned(),
        own => format!("admin/{own}"),
    };
    page(&path).unwrap_or_else(|| {
        Problem::new(404, "unknown_route", "there is nothing at this path").error_response()
    })
}

/// `GET /admin/figures`: one look at the node.
async fn look(request: HttpRequest, door: Data<AdminDoor>) -> HttpResponse {
    let mut answer = match access::admit(&door, &request).await {
        Ok(()) => HttpResponse::Ok(),
        Err(problem) => return access::refused(&problem),
    };
    answer.insert_header((CACHE_CONTROL, "no-store")).json(figures::look(&door))
}
