//! A door that claims paths on a port. Of those that are on one port, the first that claims a path gets it.

use std::rc::Rc;
use std::sync::Arc;

use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use futures_util::future::LocalBoxFuture;

use super::upgrade::Entrance;

pub trait Claim: Send + Sync + 'static {
    /// Are upgrades of this path for this door?
    fn claims(&self, path: &str) -> bool;
    /// Its plain HTTP requests. They find the thread's entrance in the app's own values, as an `Rc<Entrance>`.
    fn routes(self: Arc<Self>, routes: &mut ServiceConfig);
    /// Serves a socket, from its handshake to its end or to a task of its own.
    fn upgrade(
        self: Arc<Self>,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        entrance: Rc<Entrance>,
    ) -> LocalBoxFuture<'static, ()>;
}
