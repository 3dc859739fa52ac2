//! Where widgets come in: at any path that is no other door's. Their HTTP is what operators are told.

use std::rc::Rc;
use std::sync::Arc;

use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use futures_util::future::LocalBoxFuture;

use super::{WidgetDoor, WidgetTalk};
use crate::doors::socket::claim::Claim;
use crate::doors::socket::serve;
use crate::doors::socket::upgrade::{Entrance, Manners, as_problem};

impl Claim for WidgetDoor {
    fn claims(&self, _path: &str) -> bool {
        true
    }

    fn routes(self: Arc<Self>, _routes: &mut ServiceConfig) {}

    fn upgrade(
        self: Arc<Self>,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        entrance: Rc<Entrance>,
    ) -> LocalBoxFuture<'static, ()> {
        Box::pin(async move {
            let manners = Manners { dialect: self.plain, refusal: as_problem, wire: &|wire| Box::new(wire) };
            if let Some(accepted) = entrance.accept(request, framed, manners).await {
                let (talk, socket) = WidgetTalk::new(self, accepted);
                // A task of its own: what lives on carries the buffers of neither the dispatcher nor the handshake.
                actix_web::rt::spawn(serve(socket, talk));
            }
        })
    }
}
