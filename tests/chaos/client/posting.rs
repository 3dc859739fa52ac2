//! What a client says, with one message in flight.
//!
//! An attempt is acknowledged only by `sent`, and refused only by an error that forbids another try.

use std::fmt;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::{ANSWER_WITHIN, Broken, Client, Pending, late};
use crate::history::{Attempt, Outcome};

/// What came back for one message said once.
#[derive(Debug)]
pub enum Answer {
    Sent,
    /// The error frame; `retry` when another try may help.
    Refused {
        retry: bool,
        frame: Value,
    },
    Silence(Broken),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent => write!(f, "sent"),
            Self::Refused { frame, .. } => write!(f, "{frame}"),
            Self::Silence(trouble) => write!(f, "silence: {trouble}"),
        }
    }
}

impl Client {
    /// Posts one message and sees it through: again after every loss and every "not now".
    pub async fn post(&mut self, size: usize, deadline: Instant) -> Answer {
        self.compose(size);
        self.see_through(deadline).await
    }

    /// Offers the oldest unanswered message until it is settled.
    pub async fn see_through(&mut self, deadline: Instant) -> Answer {
        let mut answer = self.offer().await;
        for failures in 0_u32.. {
            let unsettled = matches!(answer, Answer::Silence(_) | Answer::Refused { retry: true, .. });
            if !unsettled || Instant::now() >= deadline {
                break;
            }
            answer = self.insist(answer, failures, deadline).await;
        }
        answer
    }

    async fn insist(&mut self, answer: Answer, failures: u32, deadline: Instant) -> Answer {
        if let Answer::Refused { .. } = answer {
            self.back_off(failures).await;
            return self.offer().await;
        }
        match self.reopen(deadline).await {
            // Coming back has said it again already.
            Ok(()) => self.answer().await,
            Err(trouble) => Answer::Silence(trouble),
        }
    }

    /// Writes a new message, to be offered next. Its content begins with its client id, so that it is known wherever it turns up.
    pub fn compose(&mut self, size: usize) {
        let attempt = self.attempts.len();
        let client_id = format!("{}-{}-{attempt}", self.room, self.name());
        let content = format!("{client_id} {:.>size$}", "");
        let sender = self.name().to_owned();
        self.attempts.push(Attempt { client_id, sender, started_at: 0, outcome: Outcome::Unknown });
        self.unanswered.push(Pending { attempt, content, times_sent: 0 });
    }

    /// Says the oldest unanswered message and waits for its answer.
    pub async fn offer(&mut self) -> Answer {
        match self.send_pending(0).await {
            Ok(()) => self.answer().await,
            Err(trouble) => Answer::Silence(trouble),
        }
    }

    async fn answer(&mut self) -> Answer {
        let Some(first) = self.unanswered.first() else { panic!("{} waits for no answer", self.name()) };
        let temp_id = self.attempts[first.attempt].client_id.clone();
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            let frame = match timeout_at(deadline, self.hear()).await {
                Ok(Ok(frame)) => frame,
                Ok(Err(trouble)) => return Answer::Silence(trouble),
                Err(_) => return self.hang_up(),
            };
            let ours = frame["tempId"] == *temp_id;
            match frame["type"].as_str() {
                Some("sent") if ours => return self.settle(acked(&frame, self.clock.micros()), Answer::Sent),
                Some("error") if ours || frame["tempId"].is_null() => return self.refused(frame),
                _ => {}
            }
        }
    }

    /// After a return: everything unanswered goes out again, in order.
    pub(super) async fn resend(&mut self) -> Result<(), Broken> {
        for index in 0..self.unanswered.len() {
            if self.unanswered[index].times_sent > 0 {
                self.send_pending(index).await?;
            }
        }
        Ok(())
    }

    async fn send_pending(&mut self, index: usize) -> Result<(), Broken> {
        let now = self.clock.micros();
        let pending = &mut self.unanswered[index];
        let attempt = &mut self.attempts[pending.attempt];
        if pending.times_sent == 0 {
            attempt.started_at = now;
        } else {
            self.resends += 1;
        }
        pending.times_sent += 1;
        let frame = json!({
            "type": "message", "content": pending.content, "role": "USER", "tempId": attempt.client_id,
        });
        self.say(&frame).await
    }

    fn refused(&mut self, frame: Value) -> Answer {
        let retry = frame["retry"] == Value::Bool(true);
        let answer = Answer::Refused { retry, frame };
        // Said twice, the first may have been stored before its answer was lost.
        let outcome = if self.unanswered[0].times_sent > 1 { Outcome::Unknown } else { Outcome::Fail };
        if retry { answer } else { self.settle(outcome, answer) }
    }

    fn settle(&mut self, outcome: Outcome, answer: Answer) -> Answer {
        let pending = self.unanswered.remove(0);
        self.attempts[pending.attempt].outcome = outcome;
        answer
    }

    /// No answer came: the connection may be half dead, and only a new one tells.
    fn hang_up(&mut self) -> Answer {
        self.socket = None;
        Answer::Silence(late("an answer"))
    }
}

fn acked(frame: &Value, acked_at: u64) -> Outcome {
    let id = frame["data"]["id"].as_str().unwrap_or_else(|| panic!("`sent` names no id: {frame}")).to_owned();
    let seq = frame["data"]["seq"].as_u64().unwrap_or_else(|| panic!("`sent` names no number: {frame}"));
    Outcome::Ok { id, seq, acked_at }
}
