//! How a widget client comes in: token, admission, session, welcome, what it missed, then what is live.

use std::sync::Arc;

use recado_actors::clock::Timestamp;
use recado_actors::dialect::Line;
use recado_actors::id::{GroupId, RoomId, UserId};
use recado_actors::message::client::{FollowRoom, Identity, OpenRoom, Opened, Resume, Right};
use recado_actors::message::presence::{ListPresent, Status};
use recado_actors::message::receipt::{ListReceipts, Watermark};
use recado_actors::message::room::{Moved, RoomEvent};
use recado_actors::refusal::{Farewell, Refusal};
use recado_actors::supervisor::ask;
use recado_actors::warden::Admit;

use super::{WidgetTalk, codec, words};
use crate::auth::Claims;
use crate::doors::verified::verified;

/// Who a token says this is, and the room it opens.
pub(super) struct Visitor {
    pub identity: Identity,
    pub room: RoomId,
    /// A ticket's own id and end, by which it is used up.
    pub ticket: Option<(String, Timestamp)>,
}

impl WidgetTalk {
    pub(super) async fn enter_with_url(&mut self) {
        let Some(arrival) = &self.arrival else { return };
        let since = arrival.query("since").and_then(|since| since.parse().ok());
        let resume = since.map(|since| codec::resume_at(since, arrival.query("epoch").as_deref()));
        let token = arrival.token().unwrap_or_default().into_owned();
        self.enter(&token, resume).await;
    }

    /// Lets the client in, or closes with the reason.
    pub(super) async fn enter(&mut self, token: &str, resume: Option<Resume>) {
        let arrival = self.arrival.take();
        let extras =
            arrival.is_some_and(|arrival| matches!(arrival.query("extras").as_deref(), Some("1" | "true")));
        if resume.is_some() || extras {
            self.wants_extras();
        }
        let entered = self.try_enter(token, resume).await;
        self.counts().connects.count(entered.map_or_else(Farewell::code, |()| "ok"));
        if let Err(farewell) = entered {
            log::debug!(session = self.outlet.session().0, farewell = farewell.code(); "a widget was not let in");
            self.outlet.close(farewell);
        }
    }

    async fn try_enter(&mut self, token: &str, resume: Option<Resume>) -> Result<(), Farewell> {
        let Visitor { mut identity, room, ticket } = self.identify(token).await?;
        let admit = Admit { identity: identity.clone(), rooms: vec![room.clone()], ticket };
        let broker = self.worker.broker().clone();
        broker
            .warden()
            .ask(admit, self.wait())
            .await
            .and_then(|admitted| admitted)
            .map_err(|r| not_admitted(&r))?;
        self.introduce(&mut identity, &room).await?;
        let session = self.worker.open(&self.outlet, &self.allowance, identity, vec![room.clone()]);
        (self.session, self.room) = (Some(session.clone()), Some(room.clone()));
        let opened = ask(&session, OpenRoom { room: room.clone(), resume }, self.wait())
            .await
            .and_then(|opened| opened);
        let opened = opened.map_err(|refusal| not_admitted(&refusal))?;
        self.welcome(&room, opened);
        let follow = FollowRoom { room: room.clone(), from: opened.from };
        let followed = ask(&session, follow, broker.settings().catch_up_timeout).await;
        followed.and_then(|followed| followed).map_err(|refusal| not_admitted(&refusal))?;
        if self.has_extras() {
            self.tell_standing(&room).await;
        }
        Ok(())
    }

    /// In a group everybody is called what the directory calls them, at whichever door; elsewhere, and whoever it does
    /// not know, by the token.
    async fn introduce(&self, identity: &mut Identity, room: &RoomId) -> Result<(), Farewell> {
        if identity.name.is_some() || GroupId::of_room(room).is_none() {
            return Ok(());
        }
        let broker = self.worker.broker();
        let known = broker.ports().people.user(&identity.user).await;
        let known = known.inspect_err(|_| broker.count_failed_read()).map_err(|_| Farewell::TryLater)?;
        identity.name = known.map(|user| user.name.into());
        Ok(())
    }

    /// Who the token says this is.
    pub(super) async fn identify(&self, token: &str) -> Result<Visitor, Farewell> {
        let (keys, tickets) = (&self.door.verifier, self.door.tickets.as_deref());
        let claims = verified(keys, tickets, token, self.counts(), || self.place.note_failure()).await?;
        visitor(claims).inspect_err(|_| self.counts().auth_failures.count("incomplete"))
    }

    fn welcome(&self, room: &RoomId, opened: Opened) {
        let head = self.has_extras().then_some(opened.head);
        self.say(words::connected(room, head, self.now()));
        if opened.reset {
            self.say(words::reset(opened.head, self.now()));
        }
    }

    fn tell(&self, lines: Vec<Line>) {
        lines.into_iter().for_each(|line| self.say(Some(line.frame)));
    }

    fn has_extras(&self) -> bool {
        self.outlet.dialect() == self.door.extras
    }

    /// Receipts and presence as they stand: what came before is told once, what follows is told as it moves.
    async fn tell_standing(&self, room: &RoomId) {
        let broker = self.worker.broker();
        let Some(dialect) = broker.dialects().get(self.door.extras).cloned() else { return };
        let at = self.now();
        let present = broker.presence().ask(ListPresent { room: room.clone() }, self.wait()).await;
        for present in present.unwrap_or_default() {
            let (room, user) = (room.clone(), present.user);
            let status = if present.online { present.status } else { Status::Offline };
            self.tell(dialect.event(&RoomEvent::PresenceChanged { room, user, status, between: false, at }));
        }
        let receipts = broker.receipts().ask(ListReceipts { room: room.clone() }, self.wait()).await;
        for receipt in receipts.and_then(|receipts| receipts).unwrap_or_default() {
            let (room, user) = (room.clone(), receipt.user);
            let moved = Moved { from: Watermark::default(), to: receipt.mark, over: Arc::default() };
            self.tell(dialect.event(&RoomEvent::ReceiptMoved { room, user, moved, at }));
        }
    }
}

fn visitor(claims: Claims) -> Result<Visitor, Farewell> {
    let (Some(user), true) = (&claims.user_id, claims.chat_id.is_some() || claims.room.is_some()) else {
        return Err(Farewell::TokenIncomplete);
    };
    let user = UserId::parse(user).map_err(|_| Farewell::TokenInvalid)?;
    let room = claims.place().ok_or(Farewell::TokenInvalid)?;
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
    Ok(Visitor { identity, room, ticket })
}

/// Why a genuine token does not open the door now.
fn not_admitted(refusal: &Refusal) -> Farewell {
    match refusal {
        Refusal::Banned => Farewell::Banned,
        Refusal::TicketUsed => Farewell::TokenInvalid,
        other if other.retry() => Farewell::TryLater,
        _ => Farewell::Internal,
    }
}
