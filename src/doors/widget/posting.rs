//! Posting: a client need not wait for one message to be durable before it sends the next.
//!
//! Posts reach the session in the order they were read, and only so many are on their way at once.

use std::rc::Rc;

use actix::Addr;
use recado_actors::broker::Worker;
use recado_actors::dialect::Lane;
use recado_actors::id::{ClientId, RoomId};
use recado_actors::message::client::{Acknowledgement, PostMessage, Words};
use recado_actors::message::room::Role;
use recado_actors::refusal::{Farewell, Refusal};
use recado_actors::session::Session;
use tokio::sync::oneshot;

use super::WidgetTalk;
use super::words::{self, Subject};
use crate::doors::in_hand::Taken;

/// Words the answer to one post for the client that sent it.
struct Answer {
    worker: Rc<Worker>,
    temp_id: Option<ClientId>,
    taken: Taken,
}

impl Answer {
    /// Answers come in the order of the posts, also where one is refused at once.
    async fn give(self, answer: Result<Acknowledgement, Refusal>) {
        self.taken.turn().await;
        let said = match (answer, &self.temp_id) {
            (Ok(Acknowledgement { id, seq, duplicate, .. }), Some(temp_id)) => {
                words::sent(temp_id, &id, seq, duplicate, self.worker.broker().clock().now())
            }
            (Ok(_), None) => None,
            (Err(refusal), temp_id) => words::refused(Subject::Message(temp_id.as_ref()), &refusal),
        };
        if let Some(frame) = said {
            self.taken.outlet.push(&frame, Lane::Firm);
        }
    }
}

impl WidgetTalk {
    /// Are as many posts on their way as there may be?
    pub(super) fn hands_are_full(&self) -> bool {
        self.posts.as_ref().is_some_and(|posts| posts.in_hand() >= self.door.posts_in_hand)
    }

    /// Hands a post to the session, which takes them in the order they were read; its answer comes when it is durable.
    pub(super) fn post(
        &mut self,
        session: &Addr<Session>,
        room: RoomId,
        content: String,
        role: Role,
        temp_id: Option<ClientId>,
    ) {
        if temp_id.is_some() {
            self.wants_extras();
        }
        let (answer, answered) = oneshot::channel();
        session.do_send(PostMessage {
            room,
            words: Words::text(content),
            role,
            client_id: temp_id.clone(),
            answer,
        });
        let taken = self.posts.get_or_insert_default().take(&self.outlet);
        let answer = Answer { worker: self.worker.clone(), temp_id, taken };
        actix_web::rt::spawn(async move {
            match answered.await {
                Ok(posted) => answer.give(posted).await,
                // Sessions are never restarted: the client returns and resumes.
                Err(_) => answer.taken.outlet.close(Farewell::Internal),
            }
        });
    }
}
