//! Many clients of one server: how they get in, stay alive and leave.
//!
//! A client counts as in only when the server has said so; the first one that is refused ends the run.

use super::kind::{Heard, Kind};
use super::meter::Meter;
use super::polling;
use super::target::Target;
use super::voice::{Ear, Voice};
use crate::frame::{self, Frame};
use crate::reader::FrameReader;
use crate::{gauge, handshake};
use anyhow::{Context, Result, bail, ensure};
use socket2::{Domain, Protocol, Socket, Type};
use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub const PATIENCE: Duration = Duration::from_secs(20);
const FAREWELL: Duration = Duration::from_secs(10);
const SPARE_FILES: usize = 64;
/// Clients and messages that a run may ask for at most: beyond, the load itself is the experiment.
pub const MOST_CLIENTS: u64 = 100_000;
pub const HIGHEST_RATE: u64 = 1_000_000;

pub struct Client {
    pub ear: Ear,
    pub voice: Voice,
    /// The text that let it in, and those that came with it; empty where the kind has no welcome.
    pub welcome: Vec<Vec<u8>>,
}

/// Tasks that should not end before they are told to.
pub type Crowd = JoinSet<Result<()>>;

/// `room` numbers the room of each client in this `run`.
pub async fn connect(
    target: &Rc<Target>,
    clients: usize,
    run: &'static str,
    room: fn(usize) -> usize,
) -> Result<Vec<Client>> {
    gauge::ensure_files(clients + SPARE_FILES)?;
    let sources = target.sources(clients);
    let next = Rc::new(Cell::new(0));
    let inside = Rc::new(RefCell::new(Vec::with_capacity(clients)));
    let seen = inside.clone();
    let _meter = Meter::show("connecting", move || (seen.borrow().len(), clients));
    let mut crowd = Crowd::new();
    for _ in 0..target.connects.min(clients) {
        let (target, next, inside) = (target.clone(), next.clone(), inside.clone());
        crowd.spawn_local(async move {
            while next.get() < clients {
                let client = next.replace(next.get() + 1);
                let name = target.kind.room(run, room(client));
                let entered = enter(&target, client, client % sources, &name, "").await;
                inside.borrow_mut().push((client, entered.with_context(|| format!("client {client}"))?));
            }
            Ok(())
        });
    }
    while let Some(ended) = crowd.join_next().await {
        ended??;
    }
    // in the order of their numbers, so that neighbours share a room
    let mut inside = inside.take();
    inside.sort_unstable_by_key(|(client, _)| *client);
    Ok(inside.into_iter().map(|(_, client)| client).collect())
}

/// `more` is added to the query of the upgrade.
pub async fn enter(target: &Target, client: usize, source: usize, room: &str, more: &str) -> Result<Client> {
    let entered = timeout(PATIENCE, knock(target, client, source, room, more)).await;
    entered.context("not let in in time")?
}

async fn knock(target: &Target, client: usize, source: usize, room: &str, more: &str) -> Result<Client> {
    let token = target.token(client, room)?;
    let head = target.head(client, room, &token, more);
    let (mut ear, voice) = begin(target, client, source, &head, &token).await?;
    let mut welcome = Vec::new();
    let Some(heading) = target.kind.welcome() else { return Ok(Client { ear, voice, welcome }) };
    while welcome.is_empty() {
        let turn = ear.turn(|head, payload| {
            if payload.starts_with(heading) || (!welcome.is_empty() && head.opcode == frame::TEXT) {
                welcome.push(payload.to_vec());
            } else if let Some(greeting) = target.kind.greeting(payload, &token) {
                voice.say(&greeting)?;
            }
            stay_alive(target.kind, &voice, head, payload)
        });
        ensure!(turn.await?, "the server hung up without a word");
    }
    Ok(Client { ear, voice, welcome })
}

/// The transport, from where the server has accepted it.
async fn begin(
    target: &Target,
    client: usize,
    source: usize,
    head: &str,
    token: &str,
) -> Result<(Ear, Voice)> {
    let dial = async || open(target.address, source).await.context("cannot connect");
    let mut stream = dial().await?;
    if target.polls {
        let (ear, voice) = polling::open(target, head, [stream, dial().await?]).await?;
        if let Some(greeting) = target.kind.greeting(b"0{", token) {
            voice.say(&greeting)?;
        }
        return Ok((ear, voice));
    }
    let early = handshake::ask(&mut stream, head, client).await?;
    let (read, write) = stream.into_split();
    Ok((Ear::Socket(FrameReader::new(read, early)), Voice::Socket(Rc::new(write))))
}

/// On the loopback each source address brings its own range of ports.
async fn open(server: SocketAddr, source: usize) -> Result<TcpStream> {
    let domain = if server.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    if server.is_ipv4() && server.ip().is_loopback() {
        let last = u8::try_from(source + 1)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)).into())?;
    }
    Ok(TcpSocket::from_std_stream(socket.into()).connect(server).await?)
}

/// Answers pings; a farewell from the server is an error that says why.
pub fn stay_alive(kind: Kind, voice: &Voice, head: &Frame, payload: &[u8]) -> Result<()> {
    match head.opcode {
        frame::PING => voice.reply(frame::PONG, payload),
        frame::TEXT => match kind.hear(payload, ' ') {
            Heard::Ping => voice.reply(frame::TEXT, b"3"),
            Heard::Complaint => bail!("the server complained: {}", String::from_utf8_lossy(payload)),
            _ => Ok(()),
        },
        frame::CLOSE => match payload {
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                bail!("the server closed with {code} {}", String::from_utf8_lossy(reason))
            }
            _ => bail!("the server closed without a code"),
        },
        _ => Ok(()),
    }
}

/// Waits; any member of the crowd that ends meanwhile ends the run.
pub async fn hold(crowd: &mut Crowd, time: Duration) -> Result<()> {
    tokio::select! {
        Some(ended) = crowd.join_next() => {
            ended??;
            bail!("a client was hung up on");
        }
        () = sleep(time) => Ok(()),
    }
}

/// Says goodbye and waits for the server's own goodbyes.
pub async fn leave(mut crowd: Crowd, voices: Vec<Voice>) -> Result<()> {
    voices.iter().try_for_each(Voice::bye)?;
    drop(voices);
    let _ = timeout(FAREWELL, async { while crowd.join_next().await.is_some() {} }).await;
    crowd.shutdown().await;
    Ok(())
}
