//! First sights of users: those of a moment share a commit, for after a deploy everybody comes at once.
//!
//! Each is answered when it is durable. One alone is written at once; whoever comes meanwhile is of the next commit.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseFuture, WrapFuture};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::{Archive, note};
use crate::ports::LogError;
use crate::ports::people::User;

/// Command: remember a user, unless they are known; what is kept.
#[derive(Message)]
#[rtype(result = "Result<User, LogError>")]
pub struct MeetUser(pub User);

type Answer = oneshot::Sender<Result<User, LogError>>;

/// Who waits to be remembered.
#[derive(Default)]
pub(super) struct Meetings {
    waiting: Vec<(User, Answer)>,
    /// Those before them are being written.
    writing: bool,
}

impl Archive {
    fn meet(&mut self, ctx: &mut Context<Self>) {
        let (users, answers): (Vec<User>, Vec<Answer>) = self.meetings.waiting.drain(..).unzip();
        self.meetings.writing = !users.is_empty();
        if users.is_empty() {
            return;
        }
        let met = self.broker.ports().people.meet_users(users).into_actor(self);
        ctx.spawn(met.map(move |met, archive, ctx| {
            archive.introduce(met, answers);
            archive.meet(ctx);
        }));
    }

    /// Whoever asked may have left meanwhile.
    fn introduce(&self, met: Result<Vec<User>, LogError>, answers: Vec<Answer>) {
        match met {
            Ok(users) => answers.into_iter().zip(users).for_each(|(answer, user)| {
                let _ = answer.send(Ok(user));
            }),
            Err(error) => {
                note(self.broker.vitals(), "people", &error);
                for answer in answers {
                    let _ = answer.send(Err(error.clone()));
                }
            }
        }
    }
}

impl Handler<MeetUser> for Archive {
    type Result = ResponseFuture<Result<User, LogError>>;

    fn handle(&mut self, MeetUser(user): MeetUser, ctx: &mut Self::Context) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        self.meetings.waiting.push((user, answer));
        if !self.meetings.writing {
            self.meet(ctx);
        }
        let died = |_| Err(LogError::Unavailable("the archive died".to_owned()));
        Box::pin(answered.map(move |answer| answer.unwrap_or_else(died)))
    }
}
