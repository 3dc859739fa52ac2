//! What operators and browsers ask over HTTP: health, readiness, the landing page, the demo.
//!
//! Health is public and says nothing of users; room ids are cut as the original cut them.

pub mod demo;
mod health;
pub mod metrics;
mod pages;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use recado_actors::broker::Broker;
use recado_actors::clock::Timestamp;
use serde_json::json;

use crate::config::Config;
use crate::doors::socket::gate::Gate;

/// What these pages need to know.
pub struct OpsDoor {
    broker: Broker,
    gate: Arc<Gate>,
    started: Timestamp,
    /// Tokens for the demo page; only where no outsider and no real secret is.
    demo: Option<demo::DemoTokens>,
}

impl OpsDoor {
    pub fn new(config: &Config, broker: Broker, gate: Arc<Gate>, address: SocketAddr) -> Self {
        let started = broker.clock().now();
        Self { broker, gate, started, demo: demo::DemoTokens::new(config, address) }
    }
}

/// The original let any page read its health.
const OPEN: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, OPTIONS"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type"),
];

pub fn configure(door: Arc<OpsDoor>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::from(door))
            .route("/", web::get().to(pages::root))
            .route("/health", web::get().to(health::health))
            .route("/health/live", web::get().to(health::live))
            .route("/health/ready", web::get().to(health::ready))
            .route("/demo", web::get().to(pages::demo_redirect))
            .route("/demo/session", web::get().to(demo::session))
            .route("/demo/{file:.*}", web::get().to(pages::demo))
            .route("/landing.css", web::get().to(pages::landing_css))
            .route("/colours.css", web::get().to(pages::colours))
            .default_service(web::to(elsewhere));
    }
}

/// Health alone, as on a port that is a door's own.
pub fn configure_health(door: Arc<OpsDoor>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::from(door))
            .route("/health", web::get().to(health::health))
            .route("/health/live", web::get().to(health::live))
            .route("/health/ready", web::get().to(health::ready))
            .default_service(web::to(elsewhere));
    }
}

/// What the original said at its root, where no page of ours is.
pub fn configure_root(config: &mut ServiceConfig) {
    config.route("/", web::get().to(health::health));
}

/// Any other path, as the original answered it.
async fn elsewhere(request: HttpRequest) -> HttpResponse {
    if request.method() == actix_web::http::Method::OPTIONS {
        return open(HttpResponse::Ok().finish());
    }
    open(HttpResponse::NotFound().json(json!({ "error": "Not found" })))
}

fn open(mut response: HttpResponse) -> HttpResponse {
    for (name, value) in OPEN {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
