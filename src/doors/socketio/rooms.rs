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
use super::engine::mounted::Mounted;
use crate::doors::pages::page;
use crate::doors::socket::claim::Claim;
use crate::doors::socket::upgrade::Entrance;

/// The name of the only room, in tokens of other doors too.
pub const ROOM: &str = "roomChatTest";

/// The dialect at its place on a port: below `/rooms/`, or at the root of a port that is its own.
pub struct RoomsDoor {
    at: Arc<Mounted>,
    at_root: bool,
}

impl RoomsDoor {
    pub fn below_rooms(mount: &Arc<Mount>) -> Arc<Self> {
        Arc::new(Self { at: mount.at("/rooms/socket.io/"), at_root: false })
    }

    /// As the original had it.
    pub fn at_root(mount: &Arc<Mount>) -> Arc<Self> {
        Arc::new(Self { at: mount.at("/socket.io/"), at_root: true })
    }
}

impl Claim for RoomsDoor {
    fn claims(&self, path: &str) -> bool {
        self.at.claims(path)
    }

    fn routes(self: Arc<Self>, routes: &mut ServiceConfig) {
        self.at.clone().routes(routes);
        if self.at_root {
            routes
                .route("/", web::get().to(greeting))
                .route("/colours.css", web::get().to(colours))
                .route("/{file:rooms\\.(css|js)}", web::get().to(file))
                .default_service(web::to(elsewhere));
            return;
        }
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
        self.at.clone().upgrade(request, framed, entrance)
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

async fn colours(request: HttpRequest) -> HttpResponse {
    match page("colours.css") {
        Some(page) => page,
        None => elsewhere(request).await,
    }
}

/// Any other path, as Nest answers it.
async fn elsewhere(request: HttpRequest) -> HttpResponse {
    let message = format!("Cannot {} {}", request.method(), request.path());
    HttpResponse::NotFound().json(json!({ "message": message, "error": "Not Found", "statusCode": 404 }))
}
