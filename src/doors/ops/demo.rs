//! Tokens for the demo: only on loopback, and only where the secret was made for this run.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::OpsDoor;
use crate::auth::{Signer, wall_clock};
use crate::config::Config;

/// How long the demo's tokens live, in seconds.
const LIFE: i64 = 12 * 60 * 60;

pub(super) struct DemoTokens(Signer);

impl DemoTokens {
    pub(super) fn new(config: &Config, address: SocketAddr) -> Option<Self> {
        let harmless = config.demo.enabled && config.is_ephemeral() && address.ip().is_loopback();
        let secret = config.auth.jwt_secrets.first().filter(|_| harmless)?;
        Some(Self(Signer::new(secret.expose())))
    }

    fn person(&self, chat: &str, user: &str, name: &str, agent: bool) -> Option<Value> {
        let now = wall_clock();
        let claims = json!({
            "userId": user, "chatId": chat, "name": name, "isAuthenticated": agent, "iat": now, "exp": now + LIFE,
        });
        let token = self.0.sign(&claims).ok()?;
        Some(json!({ "token": token, "userId": user, "name": name }))
    }
}

/// `GET /demo/session`: a fresh chat with a visitor and an agent.
pub(super) async fn session(request: HttpRequest, door: Data<OpsDoor>) -> HttpResponse {
    let refused = || HttpResponse::NotFound().json(json!({ "error": "Not found" }));
    let Some(tokens) = door.demo.as_ref().filter(|_| asked_here(&request)) else { return refused() };
    let tail: String = uuid::Uuid::new_v4().simple().to_string().chars().take(8).collect();
    let chat = format!("demo_{tail}");
    let visitor = tokens.person(&chat, "demo_visitor", "Ana Visitor", false);
    let agent = tokens.person(&chat, "demo_agent", "Bruno Agent", true);
    match (visitor, agent) {
        (Some(visitor), Some(agent)) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({ "chatId": chat, "visitor": visitor, "agent": agent })),
        _ => refused(),
    }
}

/// A page elsewhere that had its own name point here would name itself as host.
fn asked_here(request: &HttpRequest) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What the terminal shows after the start.
pub fn links(config: &Config, address: SocketAddr) -> String {
    let Some(tokens) = DemoTokens::new(config, address) else { return String::new() };
    let link = |side: &str, user: &str, name: &str, agent: bool| {
        let token = tokens.person("demo", user, name, agent);
        let token =
            token.as_ref().and_then(|person| person.get("token")).and_then(Value::as_str).unwrap_or_default();
        format!("http://{address}/demo/#{side}={token}")
    };
    format!(
        "\nRecado listens on http://{address} (loopback only, with a secret made for this run).\n\n  \
         Both sides  http://{address}/demo/\n  Visitor     {}\n  Agent       {}\n",
        link("visitor", "demo_visitor", "Ana Visitor", false),
        link("agent", "demo_agent", "Bruno Agent", true),
    )
}
