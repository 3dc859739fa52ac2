//! Reads the body of a request: at most so many bytes, in at most so much time, as JSON.
//!
//! Both limits hold before anything is parsed; what cannot be read is answered in the words of this API.

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::RestDoor;
use super::answer::Failure;

pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let door = request.app_data::<Data<RestDoor>>().cloned();
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            let broken = || Failure::invalid("o corpo da requisição não chegou inteiro");
            let (Some(door), Ok(payload)) = (door, payload.await) else { return Err(broken()) };
            let within = door.broker.settings().command_timeout;
            let read = tokio::time::timeout(within, payload.to_bytes_limited(door.body_bytes)).await;
            let bytes = read.map_err(|_| broken())?.map_err(|_| Failure::TooLarge)?.map_err(|_| broken())?;
            let said = serde_json::from_slice(&bytes);
            said.map(Self).map_err(|error| Failure::invalid(format!("JSON inválido: {error}")))
        })
    }
}
