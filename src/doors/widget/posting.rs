//! Posting: a client need not wait for one message to be durable before it sends the next.
//!
//! Posts reach the session in the order they were read, and only so many are on their way at once.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use recado_actors::broker::Worker;
use recado_actors::dialect::Lane;
use recado_actors::id::ClientId;
use recado_actors::message::client::{ClientCommand, Reply};
use recado_actors::message::room::Role;
use recado_actors::outlet::Outlet;
use recado_actors::refusal::Refusal;
use tokio::sync::Notify;

use super::words::{self, Subject};
use super::{WidgetTalk, ask_session};

/// What was handed to the session and is not answered yet.
#[derive(Default)]
pub(super) struct InHand {
    taken: Cell<u64>,
    answered: Cell<u64>,
    changed: Notify,
}

impl InHand {
    /// Ends when no more than this many are left.
    pub async fn at_most(&self, most: u64) {
        while self.taken.get().saturating_sub(self.answered.get()) > most {
            self.changed.notified().await;
        }
    }

    /// Ends when all that came before this one are answered.
    async fn turn(&self, number: u64) {
        while self.answered.get() < number {
            self.changed.notified().await;
        }
    }

    fn take(self: &Rc<Self>, outlet: &Rc<Outlet>) -> Taken {
        let number = self.taken.get();
        self.taken.set(number.saturating_add(1));
        outlet.take_in_hand();
        Taken { posts: self.clone(), outlet: outlet.clone(), number }
    }
}

/// One of those; answered when it is dropped.
struct Taken {
    posts: Rc<InHand>,
    outlet: Rc<Outlet>,
    number: u64,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.posts.answered.update(|answered| answered.saturating_add(1));
        self.posts.changed.notify_waiters();
        self.outlet.put_down();
    }
}

/// Words the answer to one post for the client that sent it.
struct Answer {
    worker: Rc<Worker>,
    temp_id: Option<ClientId>,
    taken: Taken,
}

impl Answer {
    /// Answers come in the order of the posts, also where one is refused at once.
    async fn give(self, answer: Result<Reply, Refusal>) {
        self.taken.posts.turn(self.taken.number).await;
        let said = match (answer, &self.temp_id) {
            (Ok(Reply::Posted { id, seq, duplicate }), Some(temp_id)) => {
                words::sent(temp_id, &id, seq, duplicate, self.worker.broker().clock().now())
            }
            (Ok(_), _) => None,
            (Err(refusal), temp_id) => words::refused(Subject::Message(temp_id.as_ref()), &refusal),
        };
        if let Some(frame) = said {
            self.taken.outlet.push(&frame, Lane::Firm);
        }
    }
}

impl WidgetTalk {
    /// Hands a post to the session; its answer comes when it is durable. Waits only while too many are on their way.
    pub(super) async fn post(&mut self, content: String, role: Role, temp_id: Option<ClientId>) {
        if temp_id.is_some() {
            self.wants_extras();
        }
        let Some(session) = self.session.clone() else { return };
        let posts = self.posts.get_or_insert_default().clone();
        posts.at_most(self.door.posts_in_hand.saturating_sub(1)).await;
        let command = ClientCommand::PostMessage { content, role, client_id: temp_id.clone() };
        let answer = Answer { worker: self.worker.clone(), temp_id, taken: posts.take(&self.outlet) };
        let mut asked = Box::pin(ask_session(session, self.outlet.clone(), command, self.wait()));
        // Asked here, not in the task: the session takes posts in the order they were read.
        match poll_fn(|cx| Poll::Ready(asked.as_mut().poll(cx))).await {
            Poll::Ready(reply) => answer.give(reply).await,
            Poll::Pending => {
                actix_web::rt::spawn(async move { answer.give(asked.await).await });
            }
        }
    }
}
