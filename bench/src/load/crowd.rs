//! Many clients of one server: how they get in, stay alive and leave.
//!
//! A client counts as in only when the server has said so; the first one that is refused ends the run.

use super::target::Target;
use crate::frame::{self, Frame};
use crate::reader::FrameReader;
use crate::{gauge, handshake};
use anyhow::{Context, Result, bail, ensure};
use socket2::{Domain, Protocol, Socket, Type};
use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(20);
const FAREWELL: Duration = Duration::from_secs(10);
const CLIENTS_PER_ADDRESS: usize = 1_000;
const SPARE_FILES: usize = 64;

pub struct Client {
    pub reader: FrameReader,
    pub writer: Rc<OwnedWriteHalf>,
}

/// Tasks that should not end before they are told to.
pub type Crowd = JoinSet<Result<()>>;

pub async fn connect(target: &Rc<Target>, clients: usize, room: fn(usize) -> String) -> Result<Vec<Client>> {
    ensure!(clients > 0, "a run needs at least one client");
    gauge::ensure_files(clients + SPARE_FILES)?;
    let addresses = target.addresses.unwrap_or_else(|| clients.div_ceil(CLIENTS_PER_ADDRESS)).clamp(1, 250);
    let next = Rc::new(Cell::new(0));
    let inside = Rc::new(RefCell::new(Vec::with_capacity(clients)));
    let mut crowd = Crowd::new();
    for _ in 0..target.connects.clamp(1, clients) {
        let (target, next, inside) = (target.clone(), next.clone(), inside.clone());
        crowd.spawn_local(async move {
            while next.get() < clients {
                let client = next.replace(next.get() + 1);
                let entered =
                    timeout(PATIENCE, enter(&target, client, client % addresses, &room(client))).await;
                let entered = entered.context("not let in in time").flatten();
                inside.borrow_mut().push(entered.with_context(|| format!("client {client}"))?);
            }
            Ok(())
        });
    }
    while let Some(ended) = crowd.join_next().await {
        ended??;
    }
    Ok(inside.take())
}

async fn enter(target: &Target, client: usize, source: usize, room: &str) -> Result<Client> {
    let mut stream = open(target.address, source).await.context("cannot connect")?;
    let request = target.request(client, room)?;
    let early = handshake::ask(&mut stream, target.address, &request, client).await?;
    let (read, write) = stream.into_split();
    let mut client = Client { reader: FrameReader::new(read, early), writer: Rc::new(write) };
    let Some(welcome) = target.kind.welcome() else { return Ok(client) };
    let mut welcomed = false;
    while !welcomed {
        let Client { reader, writer } = &mut client;
        let open = reader
            .turn(|head, payload| {
                welcomed |= payload.starts_with(welcome);
                stay_alive(writer, head, payload)
            })
            .await?;
        ensure!(open, "the server hung up without a word");
    }
    Ok(client)
}

/// Each source address brings its own range of ports.
async fn open(server: SocketAddr, source: usize) -> Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    let last = u8::try_from(source + 1)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)).into())?;
    Ok(TcpSocket::from_std_stream(socket.into()).connect(server).await?)
}

/// Answers pings; a farewell from the server is an error that says why.
pub fn stay_alive(writer: &OwnedWriteHalf, head: &Frame, payload: &[u8]) -> Result<()> {
    match head.opcode {
        frame::PING => {
            // a full socket cannot take the pong, but then the server sees us alive by other means
            let _ = writer.try_write(&frame::masked(frame::PONG, payload)?);
            Ok(())
        }
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
pub async fn leave(mut crowd: Crowd, writers: Vec<Rc<OwnedWriteHalf>>) -> Result<()> {
    let goodbye = frame::masked(frame::CLOSE, &1000_u16.to_be_bytes())?;
    for writer in &writers {
        let _ = writer.try_write(&goodbye);
    }
    drop(writers);
    let _ = timeout(FAREWELL, async { while crowd.join_next().await.is_some() {} }).await;
    crowd.shutdown().await;
    Ok(())
}
