//! The floor: the least a WebSocket broadcaster can do, on one thread and without a framework.
//!
//! Everything a client says goes to its whole room and to nobody else; with `echo=0` in its query not to itself.

mod room;

use anyhow::Result;
use bytes::BytesMut;
use clap::{Args, ValueEnum};
use recado_bench::frame::{self, Frame};
use recado_bench::reader::FrameReader;
use recado_bench::{handshake, load};
use room::{Member, Room, Rooms};
use serde_json::json;
use std::rc::Rc;
use tokio::net::{TcpSocket, TcpStream};

#[derive(Args)]
pub struct FloorArgs {
    /// Port on 127.0.0.1; 0 takes a free one and prints it
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How deliveries become writes
    #[arg(long, value_enum, default_value_t = Mode::Each)]
    mode: Mode,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// One write per delivery
    Each,
    /// One write per client per turn of the loop
    Turn,
}

pub async fn serve(args: FloorArgs) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(([127, 0, 0, 1], args.port).into())?;
    let listener = socket.listen(4096)?;
    load::report(&json!({ "listening": listener.local_addr()?.port() }))?;
    let rooms = Rc::new(Rooms::new(args.mode));
    tokio::task::spawn_local(rooms.clone().flush_every_turn());
    loop {
        let (stream, _) = listener.accept().await?;
        let rooms = rooms.clone();
        tokio::task::spawn_local(async move {
            if let Err(reason) = session(&rooms, stream).await {
                eprintln!("a client was dropped: {reason:#}");
            }
        });
    }
}

async fn session(rooms: &Rc<Rooms>, mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let (target, early) = handshake::answer(&mut stream).await?;
    let (read, write) = stream.into_split();
    let mut reader = FrameReader::new(read, early);
    let member = Rc::new(Member::new(write, query(&target, "echo") != Some("0")));
    let room = rooms.join(query(&target, "room").unwrap_or("lobby"), member.clone());
    drop(target);
    let outcome = listen(rooms, &room, &member, &mut reader).await;
    rooms.leave(&room, &member);
    outcome
}

async fn listen(rooms: &Rooms, room: &Rc<Room>, member: &Rc<Member>, reader: &mut FrameReader) -> Result<()> {
    while reader.turn(|head, payload| hear(rooms, room, member, head, payload)).await? {}
    Ok(())
}

fn hear(rooms: &Rooms, room: &Rc<Room>, member: &Rc<Member>, head: &Frame, payload: &[u8]) -> Result<()> {
    let reply = match head.opcode {
        frame::TEXT => return rooms.broadcast(room, member, payload),
        frame::PING => frame::PONG,
        // the peer hangs up once it has its farewell back
        frame::CLOSE => frame::CLOSE,
        _ => return Ok(()),
    };
    let mut bytes = BytesMut::new();
    frame::put(&mut bytes, reply, payload)?;
    member.send(&bytes.freeze());
    Ok(())
}

fn query<'a>(target: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = target.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}
