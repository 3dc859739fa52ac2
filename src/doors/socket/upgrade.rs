//! Takes a socket over at the upgrade: checks everything first, answers, and hands it to the door it asked for.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use recado_actors::broker::Worker;
use recado_actors::dialect::{DialectId, Frame, Lane};
use recado_actors::outlet::Wire;
use tokio::io::AsyncWriteExt;

use super::alarms::Alarms;
use super::deflate::{Agreed, Deflater, Inflater};
use super::gate::{Gate, Place};
use super::handshake::{self, Arrival};
use super::{GuardLimits, ReadBuffer, Socket, SocketWire, wire};
use crate::doors::problem::{MEDIA_TYPE, Problem};

/// How long a refused client may take to read why.
const REFUSAL: Duration = Duration::from_secs(2);

/// What one thread needs to take sockets over.
pub struct Entrance {
    pub worker: Rc<Worker>,
    pub gate: Arc<Gate>,
    pub limits: Arc<GuardLimits>,
    pub user_timeout: Duration,
    pub buffer: Rc<ReadBuffer>,
    /// Who is to be looked at on this thread.
    pub alarms: Rc<Alarms>,
    /// None: nobody is offered compression.
    pub deflate: Option<Engines>,
}

/// What compresses and inflates for all sockets of a thread.
pub struct Engines {
    pub deflater: Rc<Deflater>,
    pub inflater: Rc<Inflater>,
}

/// A socket that is a WebSocket now, and the place it holds.
pub struct Accepted {
    pub socket: Socket,
    pub arrival: Arrival,
    pub worker: Rc<Worker>,
    /// Held as long as the socket is.
    pub place: Place,
}

/// What a door does its own way when a socket is taken over.
pub struct Manners<'a> {
    pub dialect: DialectId,
    /// The whole HTTP answer to whom it does not let in.
    pub refusal: fn(&Problem) -> String,
    /// What its outlets write to.
    pub wire: &'a dyn Fn(SocketWire) -> Box<dyn Wire>,
}

/// A socket whose handshake was accepted and not answered yet; it may go to another thread.
pub struct Taken {
    pub io: std::net::TcpStream,
    pub answer: Bytes,
    pub early: Bytes,
    pub agreed: Option<Agreed>,
    pub address: Option<IpAddr>,
}

impl Entrance {
    /// Answers the handshake. None if it was refused and answered so.
    pub async fn accept(
        &self,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        manners: Manners<'_>,
    ) -> Option<Accepted> {
        let parts = framed.into_parts();
        let mut io = parts.io;
        let agreed = self.agreed(&request);
        let (place, answer) = match self.admit(&request, agreed, &io).await {
            Ok(admitted) => admitted,
            Err(problem) => {
                self.worker.broker().vitals().counts.connects.count(problem.code);
                refuse(&mut io, &(manners.refusal)(&problem)).await;
                return None;
            }
        };
        let arrival = Arrival::read(request.head(), self.gate.client_address(request.head()));
        let early = parts.read_buf.freeze();
        let (wire, inflater) = self.wire(Rc::new(io), agreed);
        let (io, deflate) = (wire.io.clone(), wire.deflate.clone());
        let outlet = self.worker.outlet(manners.dialect, (manners.wire)(wire));
        outlet.push_bytes(answer, Lane::Firm);
        let allowance = self.worker.allowance(&outlet, arrival.address);
        let (limits, buffer) = (self.limits.clone(), self.buffer.clone());
        let socket = Socket { io, outlet, allowance, early, limits, deflate, inflater, buffer };
        Some(Accepted { socket, arrival, worker: self.worker.clone(), place })
    }

    /// Takes over a socket of a client that has its place already. None if it was refused and answered so.
    pub async fn take(
        &self,
        request: &Request,
        framed: Framed<TcpStream, h1::Codec>,
        refusal: fn(&Problem) -> String,
    ) -> Option<Taken> {
        let parts = framed.into_parts();
        let mut io = parts.io;
        let agreed = self.agreed(request);
        let answer =
            handshake::accept(request.head(), agreed).and_then(|answer| self.tune(&io).map(|()| answer));
        let answer = match answer {
            Ok(answer) => answer,
            Err(problem) => {
                refuse(&mut io, &refusal(&problem)).await;
                return None;
            }
        };
        let address = self.gate.client_address(request.head());
        let io = io.into_std().ok()?;
        Some(Taken { io, answer, early: parts.read_buf.freeze(), agreed, address })
    }

    /// Opens a socket that a client may have but not use, and closes it with this frame.
    pub async fn open_and_close(
        &self,
        request: &Request,
        framed: Framed<TcpStream, h1::Codec>,
        goodbye: &Frame,
        refusal: fn(&Problem) -> String,
    ) {
        let mut io = framed.into_parts().io;
        match handshake::accept(request.head(), None) {
            Ok(answer) => see_out(&mut io, &[answer.as_ref(), goodbye.wire().as_ref()].concat()).await,
            Err(problem) => refuse(&mut io, &refusal(&problem)).await,
        }
    }

    /// Makes this thread's own of a socket that was taken, wherever that was.
    pub fn adopt(&self, taken: Taken, dialect: DialectId) -> std::io::Result<Socket> {
        let Taken { io, answer, early, agreed, address } = taken;
        let (wire, inflater) = self.wire(Rc::new(TcpStream::from_std(io)?), agreed);
        let (io, deflate) = (wire.io.clone(), wire.deflate.clone());
        let outlet = self.worker.outlet(dialect, Box::new(wire));
        outlet.push_bytes(answer, Lane::Firm);
        let allowance = self.worker.allowance(&outlet, address);
        let (limits, buffer) = (self.limits.clone(), self.buffer.clone());
        Ok(Socket { io, outlet, allowance, early, limits, deflate, inflater, buffer })
    }

    /// Answers a handshake at a path that is no door's.
    pub async fn turn_away(&self, framed: Framed<TcpStream, h1::Codec>) {
        let problem = Problem::new(404, "no_door", "no door takes WebSockets at this path");
        self.worker.broker().vitals().counts.connects.count(problem.code);
        refuse(&mut framed.into_parts().io, &as_problem(&problem)).await;
    }

    fn agreed(&self, request: &Request) -> Option<Agreed> {
        self.deflate.as_ref().and_then(|_| handshake::agreed(request.head()))
    }

    /// A socket's two ends that compress and inflate as was agreed on.
    fn wire(&self, io: Rc<TcpStream>, agreed: Option<Agreed>) -> (SocketWire, Option<Rc<Inflater>>) {
        let deflate = self.deflate.as_ref().zip(agreed);
        let deflater = deflate.map(|(engines, agreed)| (engines.deflater.clone(), agreed.window));
        (SocketWire { io, deflate: deflater }, deflate.map(|(engines, _)| engines.inflater.clone()))
    }

    fn tune(&self, io: &TcpStream) -> Result<(), Problem> {
        let tuned = wire::tune(io, self.user_timeout);
        tuned.map_err(|_| Problem::new(500, "socket_broken", "the socket cannot be set up"))
    }

    /// Whoever waits for a turn has a place already, so the places bound how many wait.
    async fn admit(
        &self,
        request: &Request,
        agreed: Option<Agreed>,
        io: &TcpStream,
    ) -> Result<(Place, Bytes), Problem> {
        let answer = handshake::accept(request.head(), agreed)?;
        let vitals = self.worker.broker().vitals();
        let place = self.gate.admit(request.head(), vitals.draining())?;
        self.gate.wait_for_turn(vitals.until_draining()).await?;
        self.tune(io)?;
        Ok((place, answer))
    }
}

/// The whole HTTP answer that a problem is, where the client speaks no protocol with words of its own.
pub fn as_problem(problem: &Problem) -> String {
    refusal(problem, problem.status, MEDIA_TYPE, &problem.body().to_string())
}

/// An HTTP answer after which the connection ends.
pub fn refusal(problem: &Problem, status: u16, media_type: &str, body: &str) -> String {
    let retry = problem.retry_after.map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
    let title = Problem::new(status, "", "").title();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} {title}\r\nContent-Type: {media_type}\r\n{retry}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}",
    )
}

/// Sends a refusal and sees it out.
pub async fn refuse(io: &mut TcpStream, answer: &str) {
    see_out(io, answer.as_bytes()).await;
}

async fn see_out(io: &mut TcpStream, last: &[u8]) {
    // A client that does not read its refusal has only itself to blame.
    let _ = tokio::time::timeout(REFUSAL, io.write_all(last)).await;
    wire::linger(io, REFUSAL).await;
}
