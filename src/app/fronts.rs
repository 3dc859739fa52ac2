//! What each port has to say over HTTP, and who takes its sockets.
//!
//! A door on a port of its own is alone there: nothing else answers but health.

use std::sync::Arc;

use actix_web::web::ServiceConfig;

use super::wiring::{Doorway, House};
use crate::doors::socket::claim::Claim;
use crate::doors::socketio::chat::rest;
use crate::doors::{admin, internal, ops, uploads};

/// The HTTP of a port, made anew on each thread.
pub(super) type Routes = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// What one port serves to clients.
#[derive(Clone)]
pub(super) struct Front {
    pub name: &'static str,
    /// Whoever claims a path first gets its sockets.
    pub claims: Vec<Arc<dyn Claim>>,
    pub routes: Routes,
}

impl House {
    /// The shared port; with the internal API when that has no port of its own.
    pub(super) fn shared_front(self: &Arc<Self>, with_internal: bool) -> Front {
        let house = self.clone();
        let routes: Routes = Arc::new(move |routes| house.add_shared(with_internal, routes));
        Front { name: "shared", claims: self.claims.clone(), routes }
    }

    /// The port that the door of this name has to itself; none: the door is shut.
    pub(super) fn own_front(self: &Arc<Self>, name: &str) -> Option<Front> {
        let Doorway { name, alone, .. } = self.doorways.iter().find(|door| door.name == name)?;
        let (house, name, claim) = (self.clone(), *name, alone.clone());
        let routes: Routes = Arc::new(move |routes| house.add_own(name, &claim, routes));
        Some(Front { name, claims: vec![alone.clone()], routes })
    }

    /// The internal API's own port.
    pub(super) fn internal_routes(self: &Arc<Self>) -> Routes {
        let house = self.clone();
        Arc::new(move |routes| {
            house.add_internal(routes);
            ops::configure_health(house.ops.clone())(routes);
        })
    }

    /// The metrics' port.
    pub(super) fn metrics_routes(self: &Arc<Self>) -> Routes {
        let metrics = self.metrics.clone();
        Arc::new(move |routes| ops::metrics::configure(metrics.clone())(routes))
    }

    fn add_shared(&self, with_internal: bool, routes: &mut ServiceConfig) {
        self.claims.iter().for_each(|claim| claim.clone().routes(routes));
        if with_internal {
            self.add_internal(routes);
        }
        self.add_chat(vec![internal::openapi()], routes);
        ops::configure(self.ops.clone())(routes);
    }

    fn add_own(&self, name: &str, claim: &Arc<dyn Claim>, routes: &mut ServiceConfig) {
        ops::configure_health(self.ops.clone())(routes);
        match name {
            "widget" => ops::configure_root(routes),
            "chat" => self.add_chat(Vec::new(), routes),
            _ => {}
        }
        // Last, so that what it says of unknown paths is what is said.
        claim.clone().routes(routes);
    }

    /// Files and groups, and the document that tells of them behind what it tells already.
    fn add_chat(&self, mut documents: Vec<utoipa::openapi::OpenApi>, routes: &mut ServiceConfig) {
        uploads::configure(self.uploads.clone())(routes);
        documents.push(uploads::openapi());
        if let Some(chat) = self.chat.clone() {
            rest::configure(chat)(routes);
            documents.push(rest::openapi());
        }
        internal::configure_docs(documents)(routes);
    }

    fn add_internal(&self, routes: &mut ServiceConfig) {
        internal::configure(self.internal.clone())(routes);
        if let Some(admin) = self.admin.clone() {
            admin::configure(admin)(routes);
        }
    }
}
