//! A dialect that asks its clients things, mounted at `/asking.io/` beside the echo. Every namespace is there.
//!
//! | event | what comes of it |
//! |---|---|
//! | `ask`, … | `question` with the same arguments, then `answered` with the answer, or `unanswered` |
//! | `ask-often`, n | n questions at once, then `asked` with how many of them nobody waits for |
//! | `goodbye` | the client is sent out of the namespace |

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use recado::app::Annex;
use recado::config::Config;
use recado::doors::socketio::connection::SocketIo;
use recado::doors::socketio::engine::mount::Mount;
use recado::doors::socketio::engine::rider::Work;
use recado::doors::socketio::peer::{Answer, Peer};
use recado::doors::socketio::talk::{Admission, Event, Knock, Talk, Talks};
use recado_actors::refusal::Farewell;
use tokio::sync::oneshot::Receiver;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::time::timeout;

use crate::protocol_echo;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

pub fn annex(config: &Config) -> Annex {
    let mut annex = protocol_echo::annex(config);
    let rules = protocol_echo::rules(&config.doors.chat);
    let connect_timeout = rules.connect_timeout;
    let riders = SocketIo { talks: Arc::new(Asks), connect_timeout, limits: Arc::default() };
    annex.doors.push(Mount::new(rules, "echo", Box::new(riders)).at("/asking.io/"));
    annex
}

struct Asks;

impl Talks for Asks {
    fn admit(&self, knock: Knock) -> Option<Admission> {
        let talk: Box<dyn Talk> = Box::new(Asking { peer: knock.peer });
        Some(Box::pin(async { Ok(talk) }))
    }
}

struct Asking {
    peer: Rc<Peer>,
}

impl Talk for Asking {
    fn joined(&mut self) -> Option<Work> {
        None
    }

    fn hear(&mut self, event: Event) -> Option<Work> {
        let Event { name, args, attachments, .. } = event;
        match name.as_str() {
            "ask" => {
                let answer = self.peer.ask("question", &args, &attachments);
                // Were it returned as work, the answer would not be read before it is done.
                actix_web::rt::spawn(tell(self.peer.clone(), answer));
            }
            "ask-often" => {
                let count = args.first().and_then(serde_json::Value::as_u64).unwrap_or_default();
                let mut asked: Vec<_> = (0..count).map(|_| self.peer.ask("question", &args, &[])).collect();
                let closed = Err(TryRecvError::Closed);
                let refused =
                    asked.iter_mut().map(Receiver::try_recv).filter(|answer| *answer == closed).count();
                self.peer.emit("asked", &[refused], &[]);
                // Nobody waits for those any more.
            }
            _ => self.peer.disconnect(),
        }
        None
    }

    fn left(&mut self, _farewell: Option<Farewell>) {}
}

async fn tell(peer: Rc<Peer>, answer: Receiver<Answer>) {
    match timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => peer.emit("answered", &answer.args, &answer.attachments),
        Ok(Err(_)) | Err(_) => peer.emit("unanswered", &[(); 0], &[]),
    }
}
