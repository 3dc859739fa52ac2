//! The files a browser gets, from the binary.
//!
//! They load nothing from elsewhere and may do nothing the policy below does not name.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "web/"]
struct Pages;

const POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; frame-ancestors 'none'; \
                      base-uri 'none'; form-action 'none'";

/// A file below `web/`, as a browser may have it.
pub fn page(path: &str) -> Option<HttpResponse> {
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
