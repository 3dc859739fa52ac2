//! How a provider comes in: token, admission, session, and the seat at its document.

use recado_actors::clock::Timestamp;
use recado_actors::id::{IdError, RoomId, RoomKind, UserId};
use recado_actors::library::Pass;
use recado_actors::message::client::{Identity, Right};
use recado_actors::refusal::{DocumentRefusal, Farewell, Refusal};
use recado_actors::warden::Admit;

use super::{DocumentTalk, codec};
use crate::auth::Claims;
use crate::doors::verified::verified;

/// Who a token says this is, and what it opens.
struct Visitor {
    identity: Identity,
    pass: Pass,
    /// A ticket's own id and end, by which it is used up.
    ticket: Option<(String, Timestamp)>,
}

impl DocumentTalk {
    /// Lets the client in, or closes with the reason.
    pub(super) async fn enter(&mut self) {
        let entered = self.try_enter().await;
        self.counts().connects.count(entered.map_or_else(Farewell::code, |()| "ok"));
        if let Err(farewell) = entered {
            log::debug!(session = self.outlet.session().0, farewell = farewell.code(); "a provider was not let in");
            self.outlet.close(farewell);
        }
    }

    async fn try_enter(&mut self) -> Result<(), Farewell> {
        let arrival = self.arrival.take().ok_or(Farewell::Internal)?;
        let Visitor { identity, pass, ticket } = self.identify(&arrival.token().unwrap_or_default()).await?;
        let seats = self.worker.seats().ok_or(Farewell::Internal)?;
        let document = codec::document(&arrival.path).ok_or(Farewell::Banned)?;
        let access = seats.library().access(&pass, &document).map_err(|refusal| not_admitted(&refusal))?;
        let admit = Admit { identity: identity.clone(), rooms: vec![document.clone()], ticket };
        let broker = self.worker.broker();
        let admitted = broker.warden().ask(admit, broker.settings().command_timeout).await;
        admitted.and_then(|admitted| admitted).map_err(|refusal| not_admitted(&refusal))?;
        self.session =
            Some(self.worker.open(&self.outlet, &self.allowance, identity, vec![document.clone()]));
        self.document = Some(document.clone());
        let joined = seats.join(&document, &self.outlet, access.may_write).await;
        joined.map_err(|refusal| not_admitted(&refusal))
    }

    async fn identify(&self, token: &str) -> Result<Visitor, Farewell> {
        let (keys, tickets) = (&self.door.verifier, self.door.tickets.as_deref());
        let claims = verified(keys, tickets, token, self.counts(), || self.place.note_failure()).await?;
        visitor(claims).inspect_err(|_| self.counts().auth_failures.count("incomplete"))
    }
}

fn visitor(claims: Claims) -> Result<Visitor, Farewell> {
    let user = claims.user_id.as_deref().ok_or(Farewell::TokenIncomplete)?;
    let user = UserId::parse(user).map_err(|_| Farewell::TokenInvalid)?;
    let named = claims.documents.map(|names| names.iter().map(|name| named(name)).collect()).transpose();
    let documents = named.map_err(|_: IdError| Farewell::TokenInvalid)?;
    let ticket = match (claims.ticket, &claims.token_id, claims.ticket_expires_at) {
        (false, ..) => None,
        (true, Some(id), Some(ends)) => Some((id.clone(), Timestamp::from_secs(ends))),
        (true, ..) => return Err(Farewell::TokenInvalid),
    };
    let identity = Identity {
        user,
        right: Right::Granted,
        may_speak_as_agent: claims.is_authenticated != Some(false),
        name: claims.name.map(Into::into),
        email: claims.email,
        avatar: claims.avatar.map(Box::from),
        token_id: claims.token_id.map(Into::into),
        expires_at: claims.expires_at.map(Timestamp::from_secs),
    };
    Ok(Visitor { identity, pass: Pass { documents, read_only: claims.read_only }, ticket })
}

fn named(name: &str) -> Result<RoomId, IdError> {
    RoomId::new(RoomKind::Doc, name)
}

/// Why a genuine token does not open the document now.
fn not_admitted(refusal: &Refusal) -> Farewell {
    match refusal {
        Refusal::Banned | Refusal::Document(DocumentRefusal::NotYours) => Farewell::Banned,
        Refusal::TicketUsed => Farewell::TokenInvalid,
        other if other.retry() => Farewell::TryLater,
        _ => Farewell::Internal,
    }
}
