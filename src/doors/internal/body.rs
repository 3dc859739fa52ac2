//! Reads the body of a request: at most so many bytes, in at most so much time, as one JSON object.
//!
//! Both limits hold before anything is parsed. The media type is not looked at: the secret stands before it.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{FromRequest, HttpRequest, web};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::{InternalDoor, fields, problems};
use crate::doors::problem::Problem;

/// A body and what it says.
pub struct JsonBody<T> {
    pub said: T,
    /// As it came, byte by byte.
    pub raw: Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (limit, within) = request
            .app_data::<web::Data<InternalDoor>>()
            .map_or((0, Duration::ZERO), |door| (door.body_bytes, door.broker.settings().command_timeout));
        let declared = declared_length(request);
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if declared.is_some_and(|length| length > limit) {
                return Err(problems::too_large(limit));
            }
            let payload = payload.await.map_err(|_| problems::broken_off())?;
            let raw = match tokio::time::timeout(within, payload.to_bytes_limited(limit)).await {
                Err(_) => return Err(problems::too_slow()),
                Ok(Err(_)) => return Err(problems::too_large(limit)),
                Ok(Ok(raw)) => raw.map_err(|_| problems::broken_off())?,
            };
            Ok(Self { said: read(&raw)?, raw })
        })
    }
}

/// What a body says, all of which is here.
pub fn read<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    let value = serde_json::from_slice(raw).map_err(|error| problems::malformed(&error))?;
    fields::read(value).map_err(|error| problems::invalid_body(&error))
}

fn declared_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
