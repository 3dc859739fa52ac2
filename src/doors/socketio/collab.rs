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
use super::engine::mounted::Mounted;
use crate::doors::socket::claim::Claim;
use crate::doors::socket::gate::Gate;
use crate::doors::socket::upgrade::Entrance;

/// What the door needs beside its mount.
pub struct Backing {
    pub rules: Arc<Rules>,
    pub broker: Broker,
    pub gate: Arc<Gate>,
}

/// The dialect at its place on a port: below `/collab/`, or at the root of a port that is its own.
pub struct CollabDoor {
    at: Arc<Mounted>,
    documents: &'static str,
    backing: Arc<Backing>,
}

impl CollabDoor {
    pub fn below_collab(mount: &Arc<Mount>, backing: &Arc<Backing>) -> Arc<Self> {
        let documents = "/collab/api/document/{id}";
        Arc::new(Self { at: mount.at("/collab/socket.io/"), documents, backing: backing.clone() })
    }

    /// As the originals had it.
    pub fn at_root(mount: &Arc<Mount>, backing: &Arc<Backing>) -> Arc<Self> {
        let documents = "/api/document/{id}";
        Arc::new(Self { at: mount.at("/socket.io/"), documents, backing: backing.clone() })
    }
}

impl Claim for CollabDoor {
    fn claims(&self, path: &str) -> bool {
        self.at.claims(path)
    }

    fn routes(self: Arc<Self>, routes: &mut ServiceConfig) {
        self.at.clone().routes(routes);
        let document = web::resource(self.documents)
            .app_data(Data::from(self.backing.clone()))
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
        self.at.clone().upgrade(request, framed, entrance)
    }
}
