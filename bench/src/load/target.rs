//! The server under load, and the words it speaks.
//!
//! Refuses anything that is not on the loopback.

use super::token::{TokenArgs, Tokens, user};
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use std::net::SocketAddr;

#[derive(Args)]
pub struct TargetArgs {
    /// `ws://127.0.0.1:PORT/path`, may hold {user}, {room} and {token}; without them the kind's own query is added
    #[arg(long)]
    url: String,
    /// What answers there
    #[arg(long, value_enum)]
    kind: Kind,
    /// The server's process, to read what it costs
    #[arg(long)]
    pub server_pid: Option<u32>,
    /// Source addresses to connect from (127.0.0.1 and up); one per 1,000 clients when not given
    #[arg(long)]
    pub addresses: Option<usize>,
    /// Connects under way at once
    #[arg(long, default_value_t = 200)]
    pub connects: usize,
    #[command(flatten)]
    tokens: TokenArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Recado's widget door
    Recado,
    /// The bare broadcaster
    Floor,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Recado => "recado",
            Self::Floor => "floor",
        }
    }

    /// How the frame begins that says a client is in.
    pub fn welcome(self) -> Option<&'static [u8]> {
        match self {
            Self::Recado => Some(br#"{"type":"connected""#),
            Self::Floor => None,
        }
    }
}

pub struct Target {
    pub kind: Kind,
    pub address: SocketAddr,
    pub connects: usize,
    pub addresses: Option<usize>,
    path: String,
    tokens: Tokens,
}

impl Target {
    pub fn from_args(args: TargetArgs) -> Result<Self> {
        let place = args.url.strip_prefix("ws://").context("the url does not begin with ws://")?;
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let host = host.replace("localhost", "127.0.0.1");
        let address: SocketAddr =
            host.parse().with_context(|| format!("{host} is not an address and a port"))?;
        ensure!(address.is_ipv4() && address.ip().is_loopback(), "{address} is not on the IPv4 loopback");
        let path = with_query(path, args.kind);
        let tokens = Tokens::from_args(args.tokens)?;
        Ok(Self {
            kind: args.kind,
            address,
            connects: args.connects,
            addresses: args.addresses,
            path,
            tokens,
        })
    }

    /// What a client asks for in its upgrade.
    pub fn request(&self, client: usize, room: &str) -> Result<String> {
        let filled = self.path.replace("{user}", &user(client)).replace("{room}", room);
        Ok(filled.replace("{token}", &self.tokens.of(client, room)?))
    }
}

fn with_query(path: &str, kind: Kind) -> String {
    if path.contains('{') {
        return format!("/{path}");
    }
    let joint = if path.contains('?') { '&' } else { '?' };
    let query = match kind {
        Kind::Recado => "token={token}",
        Kind::Floor => "room={room}",
    };
    format!("/{path}{joint}{query}")
}
