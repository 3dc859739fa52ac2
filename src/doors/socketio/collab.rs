//! The collab dialect: what one client says, all others hear (seed 000), and documents that several are in at once.
//!
//! A token is always verified, also where the originals only looked into it.

mod asked;
pub mod dialect;
mod documents;
mod figures;
mod reading;
mod talking;
mod words;

use std::rc::Rc;
use std::sync::Arc;

use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::http::Method;
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, ServiceConfig};
use futures_util::future::LocalBoxFuture;
use recado_actors::broker::Broker;

pub use self::asked::EVERYBODY;
pub use self::figures::Figures;
pub use self::talking::{CollabTalks, Rules};
use super::engine::mount::Mount;
use crate::doors::socket::claim::Claim;
use crate::doors::socket::gate::Gate;
use crate::doors::socket::upgrade::Entrance;

pub struct CollabDoor {
    pub mount: Arc<Mount>,
    pub rules: Arc<Rules>,
    pub broker: Broker,
    pub gate: Arc<Gate>,
}

impl Claim for CollabDoor {
    fn claims(&self, path: &str) -> bool {
        self.mount.claims(path)
    }

    fn routes(self: Arc<Self>, routes: &mut ServiceConfig) {
        self.mount.clone().routes(routes);
        let document = web::resource("/collab/api/document/{id}")
            .app_data(Data::from(self))
            .route(web::get().to(reading::document))
            .route(web::method(Method::OPTIONS).to(reading::document));
        routes.service(document);
    }

    fn upgrade(
        self: Arc<Self>,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        entrance: Rc<Entrance>,
    ) -> LocalBoxFuture<'static, ()> {
        self.mount.clone().upgrade(request, framed, entrance)
    }
}
