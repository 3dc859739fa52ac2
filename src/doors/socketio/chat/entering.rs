//! How a chat client comes in: its token, who that is in the directory, its session.

use std::sync::Arc;

use recado_actors::archive::MeetUser;
use recado_actors::broker::Broker;
use recado_actors::clock::Timestamp;
use recado_actors::id::UserId;
use recado_actors::message::client::{Identity, Right};
use recado_actors::ports::people::{OwnGroup, Span, User};
use recado_actors::refusal::{Farewell, Refusal};

use super::talk::ChatTalk;
use super::{ChatDoor, texts};
use crate::auth::{Claims, TokenError};
use crate::doors::socketio::guest::Guest;
use crate::doors::socketio::proof;
use crate::doors::socketio::talk::{Knock, Rejection, Talk};
use crate::doors::verified::verified;

impl ChatDoor {
    pub(super) async fn let_in(self, knock: Knock) -> Result<Box<dyn Talk>, Rejection> {
        let broker = knock.seat.worker.broker().clone();
        let let_in = self.try_let_in(&broker, &knock).await;
        let word = match &let_in {
            Ok(_) => "ok",
            Err(no) => no.word(),
        };
        broker.vitals().counts.connects.count(word);
        match let_in {
            Ok((guest, groups)) => Ok(Box::new(ChatTalk::new(self, guest, groups))),
            Err(No::Said(text)) => Err(Rejection { message: text.into(), extra: None }),
            Err(No::Refused(refusal)) => {
                proof::return_later(&knock.seat, &refusal);
                Err(Rejection { message: texts::of(&refusal, texts::TOKEN_INVALID), extra: None })
            }
        }
    }

    /// Who a token says this is. `forged` is told of one that no issuer made.
    pub(super) async fn identify(
        &self,
        broker: &Broker,
        token: Option<&str>,
        forged: impl FnOnce(),
    ) -> Result<Identity, No> {
        let counts = &broker.vitals().counts;
        let verified = verified(&self.verifier, None, token.unwrap_or_default(), counts, forged).await;
        let claims = verified.map_err(|error| match error {
            TokenError::Missing => No::Said(texts::TOKEN_NEEDED),
            TokenError::KEYS_UNAVAILABLE => No::Refused(Refusal::Busy),
            TokenError::Expired | TokenError::Invalid(_) => No::Said(texts::TOKEN_INVALID),
        })?;
        // Whoever is let into one chat without being known is nobody's colleague: here users find each other.
        if claims.is_authenticated == Some(false) {
            return Err(No::Said(texts::TOKEN_INVALID));
        }
        let user = self.user_of(broker, &claims).await?;
        Ok(identity(user, claims))
    }

    async fn try_let_in(&self, broker: &Broker, knock: &Knock) -> Result<(Guest, Vec<OwnGroup>), No> {
        let token = proof::shown(knock).or(knock.seat.token.as_deref());
        let identity = self.identify(broker, token, || knock.seat.place.note_failure()).await?;
        let all = Span { skip: 0, most: broker.settings().rooms_per_session };
        let groups = broker.ports().people.groups_of(&identity.user, all).await;
        let groups = groups.inspect_err(|_| broker.count_failed_read())?.groups;
        let rooms = groups.iter().map(|own| own.group.id.room()).collect();
        let guest = Guest::admit(knock, identity, rooms).await?;
        Ok((guest, groups))
    }

    /// As the directory knows them; on first sight it is told what the token says.
    async fn user_of(&self, broker: &Broker, claims: &Claims) -> Result<User, No> {
        let id = claims.user_id.as_deref().and_then(|id| UserId::parse(id).ok());
        let id = id.ok_or(No::Said(texts::USER_UNKNOWN))?;
        let known = broker.ports().people.user(&id).await.inspect_err(|_| broker.count_failed_read())?;
        if let Some(user) = known {
            return Ok(user);
        }
        if self.rules.known_users_only {
            return Err(No::Said(texts::USER_UNKNOWN));
        }
        let name = named(claims).unwrap_or_else(|| id.to_string());
        let (last_name, email) = (String::new(), claims.email.clone());
        let user = User { id, name, last_name, email, verified: false, last_seen: None };
        let wait = broker.settings().command_timeout;
        Ok(broker.archive().ask(MeetUser(user), wait).await?.map_err(Refusal::from)?)
    }
}

/// The name a token gives, or what stands before the `@` of its email.
fn named(claims: &Claims) -> Option<String> {
    let local = || claims.email.as_deref()?.split('@').next().map(str::to_owned);
    claims.name.clone().or_else(local).filter(|name| !name.is_empty())
}

fn identity(user: User, claims: Claims) -> Identity {
    Identity {
        user: user.id,
        right: Right::Member,
        may_speak_as_agent: true,
        name: Some(user.name.into()),
        email: user.email,
        avatar: claims.avatar.map(Box::from),
        token_id: claims.token_id.map(Arc::from),
        expires_at: claims.expires_at.map(Timestamp::from_secs),
    }
}

/// Why somebody is not let in.
pub(super) enum No {
    Said(&'static str),
    Refused(Refusal),
}

impl No {
    fn word(&self) -> &'static str {
        match self {
            Self::Said(texts::TOKEN_NEEDED) => Farewell::TokenMissing.code(),
            Self::Said(texts::USER_UNKNOWN) => "user_unknown",
            Self::Said(_) => Farewell::TokenInvalid.code(),
            Self::Refused(refusal) => refusal.code(),
        }
    }
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<recado_actors::ports::LogError> for No {
    fn from(error: recado_actors::ports::LogError) -> Self {
        Self::Refused(error.into())
    }
}
