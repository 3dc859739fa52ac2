//! The rooms dialect: one public room in which every word says which node took it (seed 001).
//!
//! Beside its Socket.IO it serves what the original did: a greeting, and a page that is a client.

pub mod codec;
pub mod dialect;
mod talking;

use std::rc::Rc;
use std::sync::Arc;

use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::http::header;
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use serde_json::json;

pub use self::talking::{RoomsTalks, Rules};
use super::engine::mount::Mount;
use crate::doors::pages::page;
use crate::doors::socket::claim::Claim;
use crate::doors::socket::upgrade::Entrance;

/// The name of the only room, in tokens of other doors too.
pub const ROOM: &str = "roomChatTest";

pub struct RoomsDoor(pub Arc<Mount>);

impl Claim for RoomsDoor {
    fn claims(&self, path: &str) -> bool {
        self.0.claims(path)
    }

    fn routes(self: Arc<Self>, routes: &mut ServiceConfig) {
        self.0.clone().routes(routes);
        routes
            .route("/rooms", web::get().to(to_the_page))
            .route("/rooms/", web::get().to(greeting))
            .route("/rooms/{file}", web::get().to(file))
            .service(web::resource("/rooms/{tail:.*}").to(elsewhere));
    }

    fn upgrade(
        self: Arc<Self>,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        entrance: Rc<Entrance>,
    ) -> LocalBoxFuture<'static, ()> {
        self.0.clone().upgrade(request, framed, entrance)
    }
}

async fn to_the_page() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/rooms/")).finish()
}

/// The page for browsers, and what the original said to everybody else.
async fn greeting(request: HttpRequest) -> HttpResponse {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_browser = accept.is_some_and(|accept| accept.contains("text/html"));
    match is_browser.then(|| page("rooms/index.html")).flatten() {
        Some(page) => page,
        None => HttpResponse::Ok().content_type("text/html; charset=utf-8").body("Hello World!"),
    }
}

async fn file(request: HttpRequest, file: Path<String>) -> HttpResponse {
    match page(&format!("rooms/{file}")) {
        Some(page) => page,
        None => elsewhere(request).await,
    }
}

/// Any other path, as Nest answers it.
async fn elsewhere(request: HttpRequest) -> HttpResponse {
    let message = format!("Cannot {} {}", request.method(), request.path());
    HttpResponse::NotFound().json(json!({ "message": message, "error": "Not Found", "statusCode": 404 }))
}
