//! The doors of Engine.IO, Socket.IO and plain WebSockets with echo behind them, for protocol test suites.
//!
//! `protocol_echo [FILE]`; everything is an ordinary setting, and those of `[doors.chat]` are the Socket.IO ones. Only the
//! values that suites expect stand here, and any of them may be set otherwise.

use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use futures_util::future::LocalBoxFuture;
use recado::app::{Annex, World, serve_in};
use recado::config::{Chat, Config, Environment};
use recado::doors::socket::claim::Claim;
use recado::doors::socket::gate::Place;
use recado::doors::socket::upgrade::{Entrance, Manners, as_problem};
use recado::doors::socket::{Conversation, Said, frame, serve};
use recado::doors::socketio::connection::SocketIo;
use recado::doors::socketio::engine::mount::Mount;
use recado::doors::socketio::engine::packet::{Message, Packet, Protocol};
use recado::doors::socketio::engine::rider::{Rider, Riders, Seat, Work, framed};
use recado::doors::socketio::engine::rules::Rules;
use recado::doors::socketio::packet::Limits;
use recado::doors::socketio::peer::Peer;
use recado::doors::socketio::talk::{Admission, Event, Knock, Talk, Talks};
use recado::doors::socketio::tells::{OverEngine, Tells};
use recado::telemetry;
use recado_actors::dialect::{Lane, Line};
use recado_actors::message::room::RoomEvent;
use recado_actors::outlet::Outlet;
use recado_actors::refusal::Farewell;
use serde_json::{Map, Value};

/// What the suites go by, where nobody sets anything else.
pub const EXPECTED: &[(&str, &str)] = &[
    ("RECADO_SERVER__PORT", "3000"),
    ("RECADO_STORE__URL", "memory:"),
    ("RECADO_DEMO__ENABLED", "false"),
    // Its paths are the echo's here.
    ("RECADO_DOORS__CHAT__ENABLED", "false"),
    ("RECADO_DOORS__CHAT__HEARTBEAT_MS", "300"),
    ("RECADO_DOORS__CHAT__TIMEOUT_MS", "200"),
    ("RECADO_DOORS__CHAT__CONNECT_TIMEOUT_MS", "1000"),
    ("RECADO_DOORS__CHAT__MAX_MESSAGE_BYTES", "1000000"),
    ("RECADO_DOORS__CHAT__EIO3", "false"),
    ("RECADO_LIMITS__MAX_MESSAGE_BYTES", "16777216"),
    ("RECADO_LIMITS__MAX_FRAGMENTS", "131072"),
    ("RECADO_LIMITS__FRAGMENTS_MS", "120000"),
    ("RECADO_LIMITS__FRAME_MS", "120000"),
    ("RECADO_LIMITS__OUTLET_BYTES", "67108864"),
    ("RECADO_LIMITS__CONNECTION_RATE", "0"),
    ("RECADO_LIMITS__USER_RATE", "0"),
    ("RECADO_LIMITS__ADDRESS_RATE", "0"),
    ("RECADO_LIMITS__ROOM_RATE", "0"),
];

fn main() -> ExitCode {
    let mut settings: Environment = std::env::vars().collect();
    for (name, value) in EXPECTED {
        settings.entry((*name).to_owned()).or_insert_with(|| (*value).to_owned());
    }
    let file = std::env::args().nth(1);
    let config = match Config::load(file.as_deref().map(Path::new), &settings) {
        Ok(config) => config,
        Err(errors) => return fail(&errors.to_string()),
    };
    if let Err(error) = telemetry::start(&config.log, &config.server.node_name()) {
        return fail(&error.to_string());
    }
    let world = World { annex: annex(&config), ..World::default() };
    let outcome = actix_rt::System::new().block_on(serve_in(config, world));
    telemetry::flush();
    outcome.map_or_else(|error| fail(&format!("{error:#}")), |()| ExitCode::SUCCESS)
}

fn fail(why: &str) -> ExitCode {
    // Nothing may be listening to the log yet.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{why}\n").as_bytes());
    ExitCode::FAILURE
}

/// The doors and what they speak.
pub fn annex(config: &Config) -> Annex {
    let engine = Mount::new(rules(&config.doors.chat), DIALECT, Box::new(Echoes)).at("/engine.io/");
    let chat = &config.doors.chat;
    let limits = Limits { attachment_bytes: chat.max_message_bytes, ..Limits::default() };
    let connect_timeout = Duration::from_millis(chat.connect_timeout_ms);
    let riders = SocketIo { talks: Arc::new(EchoTalks), connect_timeout, limits: limits.into() };
    let socket = Mount::new(rules(chat), DIALECT, Box::new(riders)).at("/socket.io/");
    Annex { dialects: vec![Arc::new(OverEngine(Echo))], doors: vec![engine, socket, Arc::new(PlainEcho)] }
}

pub fn rules(chat: &Chat) -> Rules {
    Rules {
        ping_interval: Duration::from_millis(chat.heartbeat_ms),
        ping_timeout: Duration::from_millis(chat.timeout_ms),
        upgrade_timeout: Duration::from_millis(chat.upgrade_timeout_ms),
        connect_timeout: Duration::from_millis(chat.connect_timeout_ms),
        max_payload: chat.max_message_bytes,
        v3: chat.eio3,
    }
}

const DIALECT: &str = "echo";

/// No room is behind these doors, so there are no events to word.
struct Echo;

impl Tells for Echo {
    const DOOR: &'static str = DIALECT;

    fn event(&self, _event: &RoomEvent) -> Vec<Line> {
        Vec::new()
    }
}

/// Engine.IO alone: each message comes back in its own kind.
struct Echoes;

impl Riders for Echoes {
    fn rider(&self, seat: Rc<Seat>) -> Box<dyn Rider> {
        Box::new(EchoRider { outlet: seat.outlet.clone(), protocol: seat.protocol })
    }
}

struct EchoRider {
    outlet: Rc<Outlet>,
    protocol: Protocol,
}

impl Rider for EchoRider {
    fn open(&mut self) -> Option<Work> {
        None
    }

    fn hear(&mut self, message: Message) -> Option<Work> {
        self.outlet.push(&framed(self.protocol, &Packet::Message(message)), Lane::Firm);
        None
    }

    fn closed(&mut self, _farewell: Farewell) {}
}

/// Socket.IO: everybody may join `/` and `/custom`, and is told what it showed of itself.
struct EchoTalks;

impl Talks for EchoTalks {
    fn admit(&self, knock: Knock) -> Option<Admission> {
        let Knock { namespace, auth, peer, .. } = knock;
        let talk: Box<dyn Talk> = Box::new(EchoingTalk { peer, auth });
        matches!(&*namespace, "/" | "/custom").then(|| -> Admission { Box::pin(async { Ok(talk) }) })
    }
}

struct EchoingTalk {
    peer: Rc<Peer>,
    auth: Map<String, Value>,
}

/// The suites listen for one message at a time, and lose the second of two that they read at once.
const APART: Duration = Duration::from_millis(50);

impl Talk for EchoingTalk {
    fn joined(&mut self) -> Option<Work> {
        let (peer, auth) = (self.peer.clone(), std::mem::take(&mut self.auth));
        Some(Box::pin(async move {
            tokio::time::sleep(APART).await;
            peer.emit("auth", &[&auth], &[]);
        }))
    }

    fn hear(&mut self, event: Event) -> Option<Work> {
        let Event { name, args, attachments, ack } = event;
        match (name.as_str(), ack) {
            ("message", _) => self.peer.emit("message-back", &args, &attachments),
            ("message-with-ack", Some(ack)) => ack.answer(&args, &attachments),
            _ => {}
        }
        None
    }

    fn left(&mut self, _farewell: Option<Farewell>) {}
}

/// Plain WebSockets at `/echo`.
struct PlainEcho;

impl Claim for PlainEcho {
    fn claims(&self, path: &str) -> bool {
        path == "/echo"
    }

    fn routes(self: Arc<Self>, _routes: &mut ServiceConfig) {}

    fn upgrade(
        self: Arc<Self>,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        entrance: Rc<Entrance>,
    ) -> LocalBoxFuture<'static, ()> {
        Box::pin(async move {
            let Some(dialect) = entrance.worker.broker().dialects().id(DIALECT) else { return };
            let manners = Manners { dialect, refusal: as_problem, wire: &|wire| Box::new(wire) };
            if let Some(accepted) = entrance.accept(request, framed, manners).await {
                let talk = EchoTalk { outlet: accepted.socket.outlet.clone(), _place: accepted.place };
                actix_web::rt::spawn(serve(accepted.socket, talk));
            }
        })
    }
}

struct EchoTalk {
    outlet: Rc<Outlet>,
    /// Held as long as the socket is.
    _place: Place,
}

impl Conversation for EchoTalk {
    type Left = ();

    async fn open(&mut self) -> Option<Duration> {
        None
    }

    fn hear(&mut self, message: Said) -> Option<()> {
        let frame = match message {
            Said::Text(text) => frame::text(&text),
            Said::Binary(bytes) => frame::binary(&bytes),
        };
        self.outlet.push(&frame, Lane::Firm);
        Some(())
    }

    /// Reads on when it has said what it heard, so no client makes it hold more than that.
    async fn finish(&mut self, _left: ()) {
        self.outlet.drained(0).await;
    }

    fn is_proved(&self) -> bool {
        true
    }
}
