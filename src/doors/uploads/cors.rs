//! Pages of other origins that may send and fetch files: those that may open a socket, and no others.
//!
//! The origin is repeated, never `*`, and no cookie is ever believed: the token decides.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderName, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use super::UploadsDoor;

const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";
const ASKED: &str = "Authorization, Content-Type, Range, If-Range, If-None-Match, Tus-Resumable, Upload-Length, \
                     Upload-Metadata, Upload-Offset, X-HTTP-Method-Override, X-Requested-With";
const TOLD: &str = "Location, File-Url, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Upload-Length, \
                    Upload-Metadata, Upload-Offset, Upload-Expires, Content-Range, Content-Disposition, ETag, Retry-After";
const PREFLIGHT_SECONDS: &str = "600";

pub(super) async fn share(
    door: actix_web::web::Data<UploadsDoor>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let origin = request.headers().get(ORIGIN).filter(|_| door.gate.admits_origin(request.head())).cloned();
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        request.into_response(HttpResponse::NoContent().finish())
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        tell(headers, is_preflight);
    }
    Ok(response)
}

fn tell(headers: &mut HeaderMap, is_preflight: bool) {
    let preflight: &[(HeaderName, &'static str)] = &[
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, ASKED),
        (ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
    ];
    let answer: &[(HeaderName, &'static str)] = &[(ACCESS_CONTROL_EXPOSE_HEADERS, TOLD)];
    for (name, value) in if is_preflight { preflight } else { answer } {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
}
