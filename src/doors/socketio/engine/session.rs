//! The actor of one Engine.IO session that polls: what requests and sockets on any thread say to it.
//!
//! It lives on the thread its handshake came to and never leaves it; sockets come to it. On a WebSocket nothing is asked
//! of a session but by its pump, so then there is none.

use std::rc::Rc;

use actix::{Actor, ActorContext, Context, Handler, Message, ResponseActFuture, WrapFuture};
use bytes::Bytes;
use recado_actors::supervisor::Alive;

use super::denied::Denied;
use super::life::Life;
use super::line::Answer;
use super::payload3::Shape;
use super::riding::Riding;
use crate::doors::socket::gate::Hold;
use crate::doors::socket::serve;
use crate::doors::socket::upgrade::{Entrance, Taken};

/// A client asks for what there is to tell; it is told when there is something.
#[derive(Message)]
#[rtype(result = "Result<(), Denied>")]
pub struct Poll(pub Answer);

/// A client gave up its poll.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PollGone;

/// What a client says by polling.
#[derive(Message)]
#[rtype(result = "Result<(), Denied>")]
pub struct Post {
    pub body: Bytes,
    pub shape: Shape,
    /// Given back when all of it is served.
    pub hold: Hold,
}

/// A request broke the rules, so the session is over.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Break(pub &'static str);

/// The session is over.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ended;

/// A WebSocket that wants to replace polling.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TakeSocket(pub Taken);

pub struct Session {
    life: Rc<Life>,
    entrance: Rc<Entrance>,
    _alive: Alive,
}

impl Session {
    pub fn new(life: Rc<Life>, entrance: Rc<Entrance>) -> Self {
        let alive = Alive::new(entrance.worker.broker().vitals(), "engine");
        Self { life, entrance, _alive: alive }
    }
}

impl Actor for Session {
    type Context = Context<Self>;
}

impl Handler<Poll> for Session {
    type Result = Result<(), Denied>;

    fn handle(&mut self, poll: Poll, _ctx: &mut Self::Context) -> Self::Result {
        if self.life.is_over() {
            return Err(Denied::UNKNOWN_SESSION);
        }
        if self.life.standing.is_socket() {
            return Err(Denied::BAD_REQUEST);
        }
        if self.life.poll(poll.0) { Ok(()) } else { Err(Denied::BAD_REQUEST) }
    }
}

impl Handler<PollGone> for Session {
    type Result = ();

    fn handle(&mut self, _gone: PollGone, _ctx: &mut Self::Context) {
        if self.life.line.is_abandoned() {
            self.life.fail("a poll was given up");
        }
    }
}

impl Handler<Post> for Session {
    type Result = ResponseActFuture<Self, Result<(), Denied>>;

    fn handle(&mut self, post: Post, _ctx: &mut Self::Context) -> Self::Result {
        let life = self.life.clone();
        let Post { body, shape, hold } = post;
        let heard = async move {
            let _hold = hold;
            if life.is_over() || life.said_bye() {
                return Err(Denied::UNKNOWN_SESSION);
            }
            let heard = life.hear_payload(body, shape).await;
            life.mind();
            heard.map_err(|fault| {
                life.fail(fault.word());
                Denied::BAD_REQUEST
            })
        };
        Box::pin(heard.into_actor(self))
    }
}

impl Handler<Break> for Session {
    type Result = ();

    fn handle(&mut self, broken: Break, _ctx: &mut Self::Context) {
        self.life.fail(broken.0);
    }
}

impl Handler<TakeSocket> for Session {
    type Result = ();

    fn handle(&mut self, take: TakeSocket, _ctx: &mut Self::Context) {
        match self.entrance.adopt(take.0, self.life.seat.outlet.dialect()) {
            Ok(mut socket) => {
                socket.limits = self.life.mount.guard_limits(&self.entrance);
                let riding = Riding::probing(self.life.clone(), &socket);
                actix_web::rt::spawn(serve(socket, riding));
            }
            Err(error) => {
                self.life.standing.end_probe();
                log::warn!(error:%; "a socket could not change its thread");
            }
        }
    }
}

impl Handler<Ended> for Session {
    type Result = ();

    fn handle(&mut self, _ended: Ended, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

/// Also when the actor itself dies.
impl Drop for Session {
    fn drop(&mut self) {
        self.life.is_left_alone();
    }
}
