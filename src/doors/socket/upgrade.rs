//! Takes a socket over at the upgrade: checks everything first, answers, and hands it to the door it asked for.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::{Request, h1};
use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use recado_actors::broker::Worker;
use recado_actors::dialect::{DialectId, Lane};
use tokio::io::AsyncWriteExt;

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
    pub limits: Rc<GuardLimits>,
    pub user_timeout: Duration,
    pub buffer: Rc<ReadBuffer>,
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

impl Entrance {
    /// Answers the handshake. None if it was refused and answered so.
    pub async fn accept(
        &self,
        request: Request,
        framed: Framed<TcpStream, h1::Codec>,
        dialect: DialectId,
    ) -> Option<Accepted> {
        let parts = framed.into_parts();
        let mut io = parts.io;
        let agreed = self.deflate.as_ref().and_then(|_| handshake::agreed(request.head()));
        let (place, answer) = match self.admit(&request, agreed, &io).await {
            Ok(admitted) => admitted,
            Err(problem) => {
                self.worker.broker().vitals().counts.connects.count(problem.code);
                refuse(&mut io, &problem).await;
                return None;
            }
        };
        let arrival = Arrival::read(&request, self.gate.client_address(request.head()));
        let io = Rc::new(io);
        let deflate = self.deflate.as_ref().zip(agreed);
        let wire = SocketWire {
            io: io.clone(),
            deflate: deflate.map(|(engines, agreed)| (engines.deflater.clone(), agreed.window)),
        };
        let outlet = self.worker.outlet(dialect, Box::new(wire));
        outlet.push_bytes(answer, Lane::Firm);
        let inflater = deflate.map(|(engines, _)| engines.inflater.clone());
        let early = parts.read_buf.freeze();
        let allowance = self.worker.allowance(&outlet, arrival.address);
        let (limits, buffer) = (self.limits.clone(), self.buffer.clone());
        let socket = Socket { io, outlet, allowance, early, limits, inflater, buffer };
        Some(Accepted { socket, arrival, worker: self.worker.clone(), place })
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
        let tuned = wire::tune(io, self.user_timeout);
        tuned.map_err(|_| Problem::new(500, "socket_broken", "the socket cannot be set up"))?;
        Ok((place, answer))
    }
}

async fn refuse(io: &mut TcpStream, problem: &Problem) {
    let body = problem.body().to_string();
    let retry = problem.retry_after.map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 {} {}\r\nContent-Type: {MEDIA_TYPE}\r\n{retry}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        problem.status,
        problem.title(),
        body.len(),
    );
    // A client that does not read its refusal has only itself to blame.
    let _ = tokio::time::timeout(REFUSAL, io.write_all(answer.as_bytes())).await;
    wire::linger(io, REFUSAL).await;
}
