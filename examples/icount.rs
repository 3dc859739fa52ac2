//! The hot functions, each called so many times and nothing else: what bench/callgrind.sh counts instructions of.
//!
//! `icount CASE TIMES`; the difference between two counts of one case is the price of the calls between them.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::Decoder;
use actix_http::ws;
use anyhow::{Context, bail};
use bytes::BytesMut;
use futures_util::future::LocalBoxFuture;
use recado::auth::{AuthSettings, Signer, Verifier, wall_clock};
use recado::doors::socket::{Guard, GuardLimits};
use recado::doors::widget::codec::{self, Heard};
use recado::doors::widget::dialect::WidgetDialect;
use recado_actors::clock::Timestamp;
use recado_actors::dialect::{Announcement, Dialect, DialectId, Dialects};
use recado_actors::id::{Epoch, MessageId, RoomId, Seq, SessionId, ShardId, UserId};
use recado_actors::message::client::{Identity, Right};
use recado_actors::message::room::{Entry, EntryBody, Head, Message, Role, RoomEvent, Sender};
use recado_actors::outlet::{Flusher, Outlet, OutletLimits, Wire};
use recado_actors::room::log::{RoomLog, TailLimits};
use recado_actors::shard::{Announce, AttachMember, Local, Locals};
use recado_actors::vitals::{Counted, Vitals};
use serde_json::json;

const SEATS: u64 = 1000;
const FRAME: &str = r#"{"type":"message","content":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","role":"USER","tempId":"41"}"#;

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let case = words.next().context("which case?")?;
    let times: u64 = words.next().context("how many times?")?.parse()?;
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build_local(tokio::runtime::LocalOptions::default())?;
    runtime.block_on(async {
        match case.as_str() {
            "intake" => intake(times),
            "encode" => encode(times),
            "announce" => announce(times).await,
            "order" => order(times),
            "verify" => verify(times).await,
            _ => bail!("no case is called {case}"),
        }
    })
}

/// A frame from the network to what it asks for.
fn intake(times: u64) -> anyhow::Result<()> {
    let limits = GuardLimits {
        message_bytes: 65_536,
        fragments_count: 64,
        fragments: Duration::from_secs(10),
        frame: Duration::from_secs(20),
    };
    let mut guard = Guard::new(Arc::new(limits), None);
    let mut codec = ws::Codec::new();
    let frame = masked(FRAME.as_bytes())?;
    for _ in 0..times {
        let mut passed = BytesMut::new();
        if guard.feed(&frame, &mut passed).is_err() {
            bail!("the guard refused");
        }
        let Some(ws::Frame::Text(text)) = codec.decode(&mut passed)? else { bail!("no text came through") };
        let Heard::Asked(_) = codec::read(&text) else { bail!("the text was not understood") };
    }
    Ok(())
}

fn masked(payload: &[u8]) -> anyhow::Result<Vec<u8>> {
    let key = [1_u8, 2, 3, 4];
    let length = u16::try_from(payload.len())?.to_be_bytes();
    let mut frame = vec![0x81, 0xfe];
    frame.extend(length.into_iter().chain(key));
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    Ok(frame)
}

fn dialects() -> Dialects {
    let heartbeat = Duration::from_secs(30);
    let widget = |extras| -> Arc<dyn Dialect> { Arc::new(WidgetDialect { extras, heartbeat }) };
    Dialects::new(vec![widget(false), widget(true)])
}

fn event(seq: u64) -> anyhow::Result<RoomEvent> {
    let sender = Sender {
        id: "u1".to_owned(),
        name: Some("Ana".to_owned()),
        email: None,
        avatar: None,
        more: <_>::default(),
    };
    let id = MessageId::parse("0190c2f0-0000-7000-8000-000000000001")?;
    let at = Timestamp(1_705_314_600_007).to_string();
    let message = Message::text(id, "x".repeat(128), Role::User, sender, at);
    let body = EntryBody::MessagePosted { message };
    let entry = Entry { seq: Seq(seq), at: Timestamp(1_705_314_600_008), by: None, client_id: None, body };
    Ok(RoomEvent::EntryAdded { room: RoomId::chat("c1")?, epoch: Epoch(1), entry: Arc::new(entry) })
}

/// A message to a finished frame.
fn encode(times: u64) -> anyhow::Result<()> {
    let dialect = WidgetDialect { extras: true, heartbeat: Duration::from_secs(30) };
    let event = event(1)?;
    for _ in 0..times {
        dialect.event(&event).first().context("a message has words")?;
    }
    Ok(())
}

/// Takes everything at once.
struct Nowhere(Rc<Cell<usize>>);

impl Wire for Nowhere {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn writable(&self) -> LocalBoxFuture<'_, io::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn hang_up(&self) {}

    fn transport(&self) -> &'static str {
        "none"
    }
}

fn identity(user: UserId) -> Identity {
    Identity {
        user,
        right: Right::Granted,
        may_speak_as_agent: true,
        name: None,
        email: None,
        avatar: None,
        token_id: None,
        expires_at: None,
    }
}

/// One entry to every seat of a full room, and all their outlets written.
async fn announce(times: u64) -> anyhow::Result<()> {
    let (dialects, room, written) = (dialects(), RoomId::chat("c1")?, Rc::new(Cell::new(0)));
    let vitals = Vitals::new(|_| {});
    let flusher = Flusher::start(OutletLimits::default(), dialects.clone(), vitals.clone());
    let locals = Locals::new(flusher.clone(), vitals.clone());
    for seat in 0..SEATS {
        let (session, wire) = (SessionId(seat), Box::new(Nowhere(written.clone())));
        let outlet = Outlet::new(session, DialectId(0), wire, flusher.clone());
        let (user, counted) = (UserId::parse(&format!("u{seat}"))?, Counted::new(&vitals, ("none", "none")));
        locals.add(Rc::new(Local {
            outlet,
            identity: Rc::new(identity(user)),
            shard: ShardId(0),
            rooms: RefCell::new(vec![room.clone()]),
            life: seat,
            session: <_>::default(),
            expires_at: <_>::default(),
            counted,
        }));
        let (attached, _) = tokio::sync::oneshot::channel();
        let (room, told, backlog) = (room.clone(), Seq(0), Vec::new());
        locals.attach(&AttachMember { room, session, told, backlog, attached });
    }
    for seq in 1..=times {
        let announcement = Announcement::new(event(seq)?, None, &dialects);
        let (room, seq) = (room.clone(), Some(Seq(seq)));
        locals.announce(&Announce { room, seq, durable: None, announcement });
        let before = written.get();
        while written.get() == before {
            tokio::task::yield_now().await;
        }
    }
    flusher.stop();
    Ok(())
}

/// An entry into a room's order and out again.
fn order(times: u64) -> anyhow::Result<()> {
    let head = Head { epoch: Epoch(1), seq: Seq(0), closed: false };
    let mut log = RoomLog::new(head, TailLimits { entries: 128, bytes: 1 << 20 });
    let RoomEvent::EntryAdded { entry, .. } = event(1)? else { bail!("an entry was asked for") };
    for seq in 1..=times {
        let entry = Entry { seq: Seq(seq), ..Entry::clone(&entry) };
        log.take(Arc::new(entry));
        log.next_ready().context("it is the next")?;
    }
    Ok(())
}

async fn verify(times: u64) -> anyhow::Result<()> {
    let secret = "0123456789abcdef0123456789abcdef";
    let claims =
        json!({ "userId": "u1", "chatId": "c1", "isAuthenticated": true, "exp": wall_clock() + 3600 });
    let token = Signer::new(secret).sign(&claims)?;
    let verifier =
        Verifier::new(AuthSettings { secrets: vec![secret.to_owned()], ..AuthSettings::default() })?;
    for _ in 0..times {
        verifier.verify(&token).await?;
    }
    Ok(())
}
