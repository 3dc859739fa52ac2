//! The pages anybody may see: the landing page and the demo.

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::{OpsDoor, elsewhere, health};
use crate::doors::pages::page;

/// `GET /`: the seed's health for programs, the landing page for browsers.
pub(super) async fn root(request: HttpRequest, door: Data<OpsDoor>) -> HttpResponse {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let browser = accept.is_some_and(|accept| accept.contains("text/html"));
    match browser.then(|| page("landing/index.html")).flatten() {
        Some(page) => page,
        None => health::health(door).await,
    }
}

pub(super) async fn landing_css() -> HttpResponse {
    page("landing/landing.css").unwrap_or_else(|| HttpResponse::NotFound().finish())
}

/// The colours of all pages.
pub(super) async fn colours() -> HttpResponse {
    page("colours.css").unwrap_or_else(|| HttpResponse::NotFound().finish())
}

pub(super) async fn demo_redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/demo/")).finish()
}

pub(super) async fn demo(request: HttpRequest, file: Path<String>) -> HttpResponse {
    let file = if file.is_empty() { "index.html" } else { file.as_str() };
    match page(&format!("demo/{file}")) {
        Some(page) => page,
        None => elsewhere(request).await,
    }
}
