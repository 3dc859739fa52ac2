//! Pages of other origins that may call an API of ours: those that may open a socket, and no others.
//!
//! The origin is repeated, never `*`, and no cookie is ever believed: the token decides.

use std::sync::Arc;

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

use crate::doors::socket::gate::Gate;

const PREFLIGHT_SECONDS: &str = "600";

/// What such a page may do.
#[derive(Debug, Clone, Copy)]
pub struct Shared {
    pub methods: &'static str,
    /// The headers it may send.
    pub asked: &'static str,
    /// The headers it may read.
    pub told: &'static str,
}

impl Shared {
    /// Answers what a browser asks first, and tells it of every answer who may read it.
    pub async fn share(
        self,
        gate: Arc<Gate>,
        request: ServiceRequest,
        next: Next<impl MessageBody + 'static>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let origin = request.headers().get(ORIGIN).filter(|_| gate.admits_origin(request.head())).cloned();
        let is_preflight = request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let mut response = if is_preflight {
            request.into_response(HttpResponse::NoContent().finish())
        } else {
            next.call(request).await?.map_into_boxed_body()
        };
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            self.tell(headers, is_preflight);
        }
        Ok(response)
    }

    fn tell(self, headers: &mut HeaderMap, is_preflight: bool) {
        let preflight: &[(HeaderName, &'static str)] = &[
            (ACCESS_CONTROL_ALLOW_METHODS, self.methods),
            (ACCESS_CONTROL_ALLOW_HEADERS, self.asked),
            (ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
        ];
        let answer: &[(HeaderName, &'static str)] = &[(ACCESS_CONTROL_EXPOSE_HEADERS, self.told)];
        for (name, value) in if is_preflight { preflight } else { answer } {
            headers.insert(name.clone(), HeaderValue::from_static(value));
        }
    }
}
