//! The pages a person sees: the landing page and the demo, from the binary.
//!
//! They load nothing from elsewhere and may do nothing the policy below does not name.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

use super::{OpsDoor, elsewhere, health};

#[derive(RustEmbed)]
#[folder = "web/"]
struct Pages;

const POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; frame-ancestors 'none'; \
                      base-uri 'none'; form-action 'none'";

fn page(path: &str) -> Option<HttpResponse> {
    let file = Pages::get(path)?;
    let mut response = HttpResponse::Ok().content_type(file.metadata.mimetype()).body(file.data.into_owned());
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}

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
