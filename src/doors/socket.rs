//! The WebSocket pump that every door shares: takes the socket over at the upgrade, moves frames, and knows no dialect.
//!
//! Only this module names actix-web-actors. A client's messages are handed on one at a time, and nothing more is
//! read while one is in hand; everything outward goes through the outlet.

pub mod alarms;
pub mod claim;
pub mod deflate;
pub mod frame;
pub mod gate;
mod guard;
pub mod handshake;
mod intake;
pub mod upgrade;
mod wire;

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{ActorContext, ActorFutureExt, AsyncContext, ContextFutureSpawner, StreamHandler, WrapFuture};
use actix_http::ws::ProtocolError;
use actix_web::rt::net::TcpStream;
use actix_web_actors::ws::{Message, WebsocketContext};
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::{StreamExt, stream};
use recado_actors::dialect::Lane;
use recado_actors::limiter::{Allowance, Ask};
use recado_actors::outlet::Outlet;
use recado_actors::refusal::Farewell;

use deflate::{Deflater, Inflater, Window};
pub use guard::{Guard, GuardLimits};
pub use handshake::Arrival;
pub use intake::ReadBuffer;
pub use wire::SocketWire;

/// How long a refused client's last bytes are read away, so that it gets to see the close frame.
const LINGER: Duration = Duration::from_millis(500);

/// A whole message of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Text(ByteString),
    Binary(Bytes),
}

impl Said {
    /// For doors to which both are the same.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// What a door makes of one client's messages. Dropped when the socket is gone.
pub trait Conversation: Unpin + 'static {
    /// What a message asks for that cannot be done at once.
    type Left: 'static;
    /// The socket is open. How long the client has to prove itself; none if it has.
    fn open(&mut self) -> impl Future<Output = Option<Duration>>;
    /// A whole message came in. What takes longer than this turn is left; the next is read when that is done.
    fn hear(&mut self, message: Said) -> Option<Self::Left>;
    /// Does what was left.
    fn finish(&mut self, left: Self::Left) -> impl Future<Output = ()>;
    /// Asked when what was left is done: does the socket belong to another outlet from now on, and its allowance?
    fn moves_to(&mut self) -> Option<Rc<Allowance>> {
        None
    }
    /// Has the client proved who it is?
    fn is_proved(&self) -> bool;
}

/// A socket that was taken over.
pub struct Socket {
    pub io: Rc<TcpStream>,
    pub outlet: Rc<Outlet>,
    pub allowance: Rc<Allowance>,
    /// What the client sent right behind its handshake.
    pub early: Bytes,
    pub limits: Arc<GuardLimits>,
    /// None: its client takes nothing compressed.
    pub deflate: Option<(Rc<Deflater>, Window)>,
    /// None: what it sends is not compressed.
    pub inflater: Option<Rc<Inflater>>,
    pub buffer: Rc<ReadBuffer>,
}

impl Socket {
    /// Its write half, for another outlet.
    pub fn wire(&self) -> SocketWire {
        SocketWire { io: self.io.clone(), deflate: self.deflate.clone() }
    }
}

/// Serves a socket until it is gone.
pub fn serve<C: Conversation>(socket: Socket, conversation: C) -> impl Future<Output = ()> {
    let Socket { io, allowance, early, limits, inflater, buffer, .. } = socket;
    let guard = Guard::new(limits, inflater);
    let intake = intake::read(io.clone(), buffer, &early, guard);
    let pump = Pump { io, allowance, conversation: Some(conversation) };
    let said = WebsocketContext::with_factory(stream::empty(), |ctx| {
        ctx.add_stream(intake);
        pump
    });
    // The pump speaks through the outlet: its context has nothing to say.
    said.map(|_| ()).collect()
}

/// Sees the last frames out, then hangs up.
async fn part(io: Rc<TcpStream>, outlet: Rc<Outlet>) {
    let _ = tokio::time::timeout(LINGER, outlet.drained(0)).await;
    wire::linger(&io, LINGER).await;
    outlet.hang_up(Farewell::ByClient(1006));
}

/// Moves frames of one socket.
struct Pump<C: Conversation> {
    io: Rc<TcpStream>,
    allowance: Rc<Allowance>,
    /// Away while a message is in hand.
    conversation: Option<C>,
}

type PumpContext<C> = WebsocketContext<Pump<C>>;

impl<C: Conversation> Pump<C> {
    fn outlet(&self) -> &Rc<Outlet> {
        self.allowance.outlet()
    }

    /// Lets the conversation work; reading pauses until it is done.
    fn lend<T: 'static>(
        &mut self,
        ctx: &mut PumpContext<C>,
        work: impl AsyncFnOnce(&mut C) -> T + 'static,
        then: impl FnOnce(&mut Self, &mut PumpContext<C>, T) + 'static,
    ) {
        let Some(mut conversation) = self.conversation.take() else { return };
        self.outlet().take_in_hand();
        let working = async move {
            let result = work(&mut conversation).await;
            (conversation, result)
        };
        let done = working.into_actor(self).map(|(conversation, result), pump, ctx| {
            pump.conversation = Some(conversation);
            pump.outlet().put_down();
            then(pump, ctx, result);
        });
        done.wait(ctx);
    }

    /// Says goodbye and gives the client a moment to say it too.
    fn close(&self, ctx: &mut PumpContext<C>, farewell: Farewell) {
        self.outlet().close(farewell);
        ctx.run_later(LINGER * 4, move |pump, _| pump.outlet().hang_up(farewell));
    }

    fn await_proof(&self, ctx: &mut PumpContext<C>, within: Duration) {
        ctx.run_later(within, |pump, ctx| {
            if pump.conversation.as_ref().is_some_and(|conversation| !conversation.is_proved()) {
                pump.close(ctx, Farewell::TokenMissing);
            }
        });
    }

    fn hear(&mut self, ctx: &mut PumpContext<C>, message: Said) {
        if self.outlet().farewell().is_some() {
            return;
        }
        let Some(conversation) = &mut self.conversation else { return };
        match conversation.hear(message) {
            Some(left) => self.lend(
                ctx,
                async move |conversation| conversation.finish(left).await,
                |pump, ctx, ()| {
                    pump.move_on();
                    pump.mind(ctx);
                },
            ),
            None => self.mind(ctx),
        }
    }

    fn move_on(&mut self) {
        if let Some(allowance) = self.conversation.as_mut().and_then(Conversation::moves_to) {
            self.allowance = allowance;
        }
    }

    /// A goodbye may have waited for this answer, and one said before the client proved itself has no shard to see it
    /// through.
    fn mind(&self, ctx: &mut PumpContext<C>) {
        match self.outlet().farewell() {
            // Nothing more is read of a flood.
            Some(Farewell::Flooding) => ctx.stop(),
            // While it is open still, other answers are on their way.
            Some(farewell) if !self.outlet().is_open() => self.close(ctx, farewell),
            Some(_) | None => {}
        }
    }

    /// A control frame: no conversation hears of it, but it costs. May it be answered?
    fn allows_control(&self, ctx: &mut PumpContext<C>) -> bool {
        let allowed = self.allowance.spend(Ask::Other).is_ok();
        if !allowed {
            self.mind(ctx);
        }
        allowed
    }
}

impl<C: Conversation> actix::Actor for Pump<C> {
    type Context = PumpContext<C>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.lend(
            ctx,
            async |conversation| conversation.open().await,
            |pump, ctx, within| {
                if let Some(within) = within {
                    pump.await_proof(ctx, within);
                }
                pump.mind(ctx);
            },
        );
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        // A pump that died says no goodbye.
        if !std::thread::panicking() {
            actix_web::rt::spawn(part(self.io.clone(), self.outlet().clone()));
        }
    }
}

impl<C: Conversation> StreamHandler<Result<Message, Farewell>> for Pump<C> {
    fn handle(&mut self, message: Result<Message, Farewell>, ctx: &mut Self::Context) {
        self.outlet().heard();
        match message {
            Ok(Message::Text(text)) => self.hear(ctx, Said::Text(text)),
            Ok(Message::Binary(bytes)) => self.hear(ctx, Said::Binary(bytes)),
            Ok(Message::Ping(payload)) => {
                if self.allows_control(ctx) {
                    self.outlet().push(&frame::pong(&payload), Lane::Firm);
                }
            }
            Ok(Message::Pong(_) | Message::Nop) => _ = self.allows_control(ctx),
            Ok(Message::Close(reason)) => {
                let code = reason.map_or(1005, |reason| reason.code.into());
                self.refuse(ctx, Farewell::ByClient(code));
            }
            Ok(Message::Continuation(_)) => self.refuse(ctx, Farewell::Malformed),
            Err(farewell) => self.refuse(ctx, farewell),
        }
    }
}

/// The context insists on a stream that it decodes itself, of which it would keep the last message's buffer; it gets an
/// empty one.
impl<C: Conversation> StreamHandler<Result<Message, ProtocolError>> for Pump<C> {
    fn handle(&mut self, _: Result<Message, ProtocolError>, _: &mut Self::Context) {}

    fn finished(&mut self, _: &mut Self::Context) {}
}

impl<C: Conversation> Pump<C> {
    fn refuse(&mut self, ctx: &mut PumpContext<C>, farewell: Farewell) {
        self.outlet().close(farewell);
        ctx.stop();
    }
}
