//! The server under load: where it is, how a client asks to be let in, and who may be loaded at all.
//!
//! Refuses every host but this one unless told that it may be loaded.

use super::crowd::MOST_CLIENTS;
use super::kind::Kind;
use super::token::{TokenArgs, Tokens};
use anyhow::{Context, Result, ensure};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use std::net::SocketAddr;
use tokio::net::lookup_host;

#[derive(Args)]
pub struct TargetArgs {
    /// `ws://127.0.0.1:PORT/path`, may hold {user}, {room} and {token}; without them the kind's own query is added
    #[arg(long)]
    url: String,
    /// What answers there
    #[arg(long, value_enum, default_value_t = Kind::Recado)]
    kind: Kind,
    /// The server's process on this machine, to read what it costs
    #[arg(long)]
    pub server_pid: Option<u32>,
    /// Source addresses to connect from (127.0.0.1 and up) on the loopback; one per 1,000 clients when not given
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=250))]
    addresses: Option<u8>,
    /// Long polling in place of a websocket, where Socket.IO is spoken
    #[arg(long)]
    polling: bool,
    /// Users the clients are devices of; as many as clients when not given
    #[arg(long, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_CLIENTS))]
    users: Option<usize>,
    /// Connects under way at once
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    connects: u16,
    /// The page a browser would come from
    #[arg(long)]
    origin: Option<String>,
    /// One JSON object on stdout at the end
    #[arg(long)]
    pub json: bool,
    /// The host of the url is mine, is not this one, and may be brought to its knees
    #[arg(long)]
    i_may_load_this_host: bool,
    #[command(flatten)]
    tokens: TokenArgs,
}

impl TargetArgs {
    pub fn offer_secret(&mut self, secret: Option<String>) {
        self.tokens.offer_secret(secret);
    }
}

pub struct Target {
    pub kind: Kind,
    pub address: SocketAddr,
    pub connects: usize,
    pub polls: bool,
    addresses: Option<usize>,
    users: usize,
    host: String,
    origin: Option<String>,
    path: String,
    tokens: Tokens,
}

impl Target {
    /// `extra` is added to the query, as in `&extras=1`.
    pub async fn from_args(args: TargetArgs, extra: &str) -> Result<Self> {
        ensure!(!args.url.starts_with("wss://"), "wss:// is not spoken here: measure behind what ends TLS");
        let place = args.url.strip_prefix("ws://").context("the url does not begin with ws://")?;
        ensure!(!args.polling || args.kind.is_socketio(), "only Socket.IO is spoken by polling");
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let with_port = if has_port(host) { host.to_owned() } else { format!("{host}:80") };
        let found = lookup_host(&with_port).await.with_context(|| format!("{host} was not found"))?;
        let found: Vec<_> = found.collect();
        let four = found.iter().find(|address| address.is_ipv4());
        let address = *four.or(found.first()).with_context(|| format!("{host} has no address"))?;
        ensure!(
            address.ip().is_loopback() || args.i_may_load_this_host,
            "{address} is not on the loopback: say --i-may-load-this-host if it is yours to load"
        );
        Ok(Self {
            kind: args.kind,
            address,
            connects: args.connects.into(),
            polls: args.polling,
            addresses: args.addresses.map(usize::from),
            users: args.users.unwrap_or(usize::MAX),
            host: host.to_owned(),
            origin: args.origin,
            path: format!("{}{extra}", with_query(path, args.kind, args.polling)),
            tokens: Tokens::from_args(args.tokens)?,
        })
    }

    /// How many addresses so many clients come from.
    pub fn sources(&self, clients: usize) -> usize {
        const CLIENTS_PER_ADDRESS: usize = 1_000;
        self.addresses.unwrap_or_else(|| clients.div_ceil(CLIENTS_PER_ADDRESS)).clamp(1, 250)
    }

    pub fn token(&self, client: usize, room: &str) -> Result<String> {
        self.tokens.of(client, &self.user(client), room)
    }

    fn user(&self, client: usize) -> String {
        self.kind.user(client % self.users)
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// The head of a client's upgrade, but for its key. `more` is added to the query.
    pub fn head(&self, client: usize, room: &str, token: &str, more: &str) -> String {
        let filled = self.path.replace("{user}", &self.user(client)).replace("{room}", room);
        let path = filled.replace("{token}", token);
        let origin = self.origin.as_ref().map(|origin| format!("Origin: {origin}\r\n")).unwrap_or_default();
        format!("GET {path}{more} HTTP/1.1\r\nHost: {}\r\n{origin}", self.host)
    }
}

const POLLING: &str = "EIO=4&transport=polling";

/// Of `host`, `host:1`, `[::1]` and `[::1]:1`.
fn has_port(host: &str) -> bool {
    host.rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn with_query(path: &str, kind: Kind, polling: bool) -> String {
    if path.contains('{') {
        return format!("/{path}");
    }
    let path = if path.is_empty() && kind.is_socketio() { "socket.io/" } else { path };
    let joint = if path.contains('?') { '&' } else { '?' };
    let query = if polling { POLLING } else { kind.query() };
    format!("/{path}{joint}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_url_gets_the_query_of_its_kind_and_a_written_one_keeps_its_own() {
        assert_eq!(with_query("", Kind::Recado, false), "/?token={token}");
        assert_eq!(with_query("ws?a=1", Kind::Floor, false), "/ws?a=1&room={room}");
        assert_eq!(with_query("", Kind::Socketio, false), "/socket.io/?EIO=4&transport=websocket");
        assert_eq!(with_query("", Kind::Chat, true), "/socket.io/?EIO=4&transport=polling");
        assert_eq!(with_query("x/{user}", Kind::Recado, false), "/x/{user}");
    }

    #[test]
    fn a_port_is_told_from_an_address() {
        assert!(has_port("localhost:80") && has_port("[::1]:80"));
        assert!(!has_port("localhost") && !has_port("[::1]"));
    }
}
