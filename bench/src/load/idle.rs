//! Silent connections, and what the server keeps resident for each.
//!
//! Every connection has a room of its own, and is weighed only when the server has let all of them in.

use super::crowd::{self, Client, Crowd};
use super::target::{Target, TargetArgs};
use crate::gauge::{self, Resident};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::json;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const DRAIN: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(50);

#[derive(Args)]
pub struct IdleArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[arg(long, default_value_t = 10_000)]
    clients: usize,
    /// Seconds to sit still before the server is weighed
    #[arg(long, default_value_t = 3)]
    hold: u64,
    /// How often to come and go
    #[arg(long, default_value_t = 1)]
    cycles: usize,
}

pub async fn run(args: IdleArgs) -> Result<()> {
    let server = args.target.server_pid.context("weighing needs --server-pid")?;
    let target = Rc::new(Target::from_args(args.target)?);
    let files = gauge::open_files(server)?;
    let empty = gauge::resident(server)?;
    for cycle in 1..=args.cycles {
        let before = gauge::resident(server)?;
        let connecting = Instant::now();
        let inside = crowd::connect(&target, args.clients, |client| format!("room-{client}")).await?;
        let connected = connecting.elapsed();
        let writers = inside.iter().map(|client| client.writer.clone()).collect();
        let mut crowd = Crowd::new();
        for client in inside {
            crowd.spawn_local(sit(client));
        }
        crowd::hold(&mut crowd, Duration::from_secs(args.hold)).await?;
        let held = gauge::resident(server)?;
        crowd::leave(crowd, writers).await?;
        drained(server, files).await?;
        let weighing = Weighing {
            cycle,
            clients: i64::try_from(args.clients)?,
            connect_millis: u64::try_from(connected.as_millis())?,
            empty,
            before,
            held,
            after: gauge::resident(server)?,
        };
        weighing.report(target.kind.name())?;
    }
    Ok(())
}

async fn sit(client: Client) -> Result<()> {
    let Client { mut reader, writer } = client;
    while reader.turn(|head, payload| crowd::stay_alive(&writer, head, payload)).await? {}
    bail!("the server hung up")
}

/// Waits until the server has closed the sockets of the cycle.
async fn drained(server: u32, files: usize) -> Result<()> {
    let deadline = Instant::now() + DRAIN;
    loop {
        let open = gauge::open_files(server)?.saturating_sub(files);
        // a server may keep a few files of its own that it opened under way
        if open <= 16 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the server still has {open} more files open than at the start");
        sleep(GLANCE).await;
    }
}

struct Weighing {
    cycle: usize,
    clients: i64,
    connect_millis: u64,
    /// Before the first cycle, before this one, with everybody inside, with everybody gone.
    empty: Resident,
    before: Resident,
    held: Resident,
    after: Resident,
}

impl Weighing {
    fn report(&self, kind: &str) -> Result<()> {
        let Self { cycle, clients, empty, before, held, after, .. } = self;
        let each = (held.all - empty.all) / clients;
        let kept = after.all - empty.all;
        eprintln!(
            "{kind}, cycle {cycle}, {clients} idle clients: {each} resident bytes each; {kept} kept by the server afterwards"
        );
        crate::report(&json!({
            "run": "idle",
            "kind": kind,
            "cycle": cycle,
            "clients": clients,
            "connect_millis": self.connect_millis,
            "resident_before": before.all,
            "resident_held": held.all,
            "resident_after": after.all,
            "bytes_per_connection": each,
            "anonymous_per_connection": (held.anonymous - empty.anonymous) / clients,
            "private_per_connection": (held.private - empty.private) / clients,
        }))
    }
}
