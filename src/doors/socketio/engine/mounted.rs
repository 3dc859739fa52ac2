//! A mount at one of its paths. Whoever came by one may go on by another: sessions are the mount's.

use std::rc::Rc;
use std::sync::Arc;

use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, ServiceConfig};
use futures_util::future::LocalBoxFuture;

use super::mount::Mount;
use super::requests;
use crate::doors::socket::claim::Claim;
use crate::doors::socket::upgrade::Entrance;

pub struct Mounted {
    pub(super) mount: Arc<Mount>,
    /// Requests are matched by this prefix.
    pub(super) path: &'static str,
}

impl Claim for Mounted {
    fn claims(&self, path: &str) -> bool {
        path.starts_with(self.path)
    }

    fn routes(self: Arc<Self>, routes: &mut ServiceConfig) {
        let resource = web::resource(format!("{}{{tail:.*}}", self.path));
        routes.service(resource.app_data(Data::from(self.mount.clone())).to(requests::answer));
    }

    fn upgrade(
        self: Arc<Self>,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        entrance: Rc<Entrance>,
    ) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.mount.clone().take_socket(request, framed, entrance))
    }
}
