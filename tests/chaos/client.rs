//! A widget client that behaves as a careful SDK does: it resumes, resends, and writes down all it sees.
//!
//! It never forgets an unanswered message: after every disconnect those go out again, in order, under their first ids.

mod hearing;
mod posting;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::SinkExt;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use url::Url;

use crate::broker::JWT_SECRET;
use crate::history::{Attempt, Micros, Reader};
use crate::random::Dice;
use crate::stage::Clock;

pub use posting::Answer;

/// How long an answer may take before the connection is given up.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub struct Client {
    room: String,
    port: u16,
    token: String,
    clock: Clock,
    dice: Dice,
    socket: Option<WebSocketStream<TcpStream>>,
    cursor: Option<Cursor>,
    expects_reset: bool,
    /// Asked not to come back earlier.
    not_before: Option<Instant>,
    unanswered: Vec<Pending>,
    pub attempts: Vec<Attempt>,
    pub reader: Reader,
    pub resends: u64,
    /// How long each return took, from the loss to `connected`.
    pub returns: Vec<Micros>,
    /// When each return was done.
    pub returned_at: Vec<Micros>,
}

/// The last entry it has.
struct Cursor {
    epoch: Arc<str>,
    seq: u64,
}

/// A message that waits for its answer.
struct Pending {
    attempt: usize,
    content: String,
    times_sent: u64,
}

/// The connection is gone, and why as far as it is known.
#[derive(Debug)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Client {
    pub fn new(name: &str, room: &str, port: u16, clock: Clock, seed: u64) -> Self {
        Self {
            room: room.into(),
            port,
            token: token(name, room),
            clock,
            dice: Dice::seeded(seed),
            socket: None,
            cursor: None,
            expects_reset: false,
            not_before: None,
            unanswered: Vec::new(),
            attempts: Vec::new(),
            reader: Reader { name: name.into(), ..Reader::default() },
            resends: 0,
            returns: Vec::new(),
            returned_at: Vec::new(),
        }
    }

    pub fn name(&self) -> &str {
        &self.reader.name
    }

    /// The number of the last entry it has.
    pub fn seq(&self) -> u64 {
        self.cursor.as_ref().map_or(0, |cursor| cursor.seq)
    }

    /// Takes itself to be somewhere it never was; a reset is then what the story wants.
    pub fn claim_to_be_at(&mut self, epoch: &str, seq: u64) {
        self.cursor = Some(Cursor { epoch: epoch.into(), seq });
        self.expects_reset = true;
    }

    /// Connects, resuming where it was, and waits for `connected`.
    pub async fn open(&mut self) -> Result<(), Broken> {
        self.socket = None;
        let url = self.url();
        let connecting = async {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).await.map_err(broken)?;
            stream.set_nodelay(true).map_err(broken)?;
            client_async(url.as_str(), stream).await.map_err(broken)
        };
        let (socket, _) = timeout(ANSWER_WITHIN, connecting).await.map_err(|_| late("the handshake"))??;
        self.socket = Some(socket);
        self.hear_kind("connected", ANSWER_WITHIN).await.map(drop)
    }

    /// Comes back after a loss, with back-off and jitter, and says again what was never answered.
    pub async fn reopen(&mut self, deadline: Instant) -> Result<(), Broken> {
        let lost_at = self.clock.micros();
        if let Some(moment) = self.not_before.take() {
            sleep_until(moment).await;
        }
        for failures in 0_u32.. {
            let trouble = match self.open().await {
                Ok(()) => match self.resend().await {
                    Ok(()) => break,
                    Err(trouble) => trouble,
                },
                Err(trouble) => trouble,
            };
            if Instant::now() >= deadline {
                return Err(trouble);
            }
            self.back_off(failures).await;
        }
        let returned_at = self.clock.micros();
        self.returns.push(returned_at - lost_at);
        self.returned_at.push(returned_at);
        Ok(())
    }

    /// Full jitter, so that clients who left together do not return together.
    pub async fn back_off(&mut self, failures: u32) {
        let most = 20_u64.saturating_mul(1 << failures.min(5)).min(500);
        sleep(Duration::from_millis(self.dice.between(1, most))).await;
    }

    pub async fn say(&mut self, frame: &Value) -> Result<(), Broken> {
        let Some(socket) = &mut self.socket else { return Err(Broken("not connected".into())) };
        let sent = timeout(ANSWER_WITHIN, socket.send(Message::text(frame.to_string()))).await;
        let outcome = sent.map_err(|_| late("a write")).and_then(|sent| sent.map_err(broken));
        if outcome.is_err() {
            self.socket = None;
        }
        outcome
    }

    fn url(&self) -> Url {
        let mut url: Url = format!("ws://127.0.0.1:{}/", self.port).parse().unwrap();
        let mut query = url.query_pairs_mut();
        query.append_pair("token", &self.token).append_pair("since", &self.seq().to_string());
        if let Some(cursor) = &self.cursor {
            query.append_pair("epoch", &cursor.epoch);
        }
        drop(query);
        url
    }
}

pub fn token(user: &str, room: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "userId": user, "chatId": room, "isAuthenticated": true, "name": user, "iat": now, "exp": now + 7200,
    });
    let key = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap()
}

fn broken(error: impl fmt::Display) -> Broken {
    Broken(error.to_string())
}

fn late(what: &str) -> Broken {
    Broken(format!("{what} took longer than {ANSWER_WITHIN:?}"))
}
