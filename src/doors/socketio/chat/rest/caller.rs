//! Who calls: whoever the bearer token says, as the directory knows them.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use recado_actors::id::GroupId;
use recado_actors::message::client::Identity;
use recado_actors::message::room::{GetStanding, Standing};
use recado_actors::refusal::{GroupRefusal, Refusal};
use recado_actors::warden::Admit;

use super::RestDoor;
use super::answer::Failure;
use crate::doors::socketio::chat::entering::No;

pub struct Caller {
    pub door: Data<RestDoor>,
    pub identity: Identity,
}

impl FromRequest for Caller {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { caller(&request).await })
    }
}

async fn caller(request: &HttpRequest) -> Result<Caller, Failure> {
    let door = request.app_data::<Data<RestDoor>>().cloned().ok_or(Failure::Stranger)?;
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.split_once(' '));
    let token =
        token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let address = door.gate.client_address(request.head());
    door.gate.check_failures(address).map_err(|_| Failure::TooMany)?;
    let identity = door.chat.identify(&door.broker, token, || door.gate.note_failure(address)).await;
    let identity = identity.map_err(|no| match no {
        No::Said(_) => Failure::Stranger,
        No::Refused(refusal) => Failure::from(refusal),
    })?;
    let admit = Admit { identity: identity.clone(), rooms: Vec::new(), ticket: None };
    match door.broker.warden().ask(admit, door.broker.settings().command_timeout).await? {
        Ok(()) => Ok(Caller { door, identity }),
        Err(Refusal::Banned) => Err(Failure::Stranger),
        Err(refusal) => Err(refusal.into()),
    }
}

impl Caller {
    /// What the caller is in this group.
    pub async fn standing(&self, group: &str) -> Result<Standing, Failure> {
        let group = GroupId::parse(group).map_err(|_| Refusal::Group(GroupRefusal::Unknown))?;
        let user = self.identity.user.clone();
        let asked = self.door.broker.ask_room(&group.room(), || GetStanding { user: user.clone() }).await;
        Ok(asked??)
    }

    /// One more thing that counts; reading does not.
    pub fn pays(&self) -> Result<(), Failure> {
        let paid = self.door.chat.budget.spend(&self.identity.user, tokio::time::Instant::now());
        if paid { Ok(()) } else { Err(Failure::TooMany) }
    }
}
