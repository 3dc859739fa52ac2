//! Silent connections: the memory a server keeps for each, and what letting them in costs it.
//!
//! Every connection has a room of its own, and the server is weighed only when it has let all of them in.

use super::Outcome;
use super::crowd::{self, Client, Crowd, MOST_CLIENTS};
use super::kind::Kind;
use super::meter::Meter;
use super::target::{Target, TargetArgs};
use crate::gauge::{self, Kernel, Resident};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use serde_json::json;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const DRAIN: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(50);

#[derive(Args)]
pub struct IdleArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[arg(long, default_value_t = 10_000, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_CLIENTS))]
    clients: usize,
    /// Seconds to sit still before the server is weighed
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(0..=600))]
    seconds: u64,
    /// How often to come and go
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    cycles: u64,
}

impl IdleArgs {
    pub fn longest_seconds(&self) -> u64 {
        self.cycles * (self.seconds + 60)
    }
}

pub async fn run(args: IdleArgs) -> Result<Outcome> {
    let server = args.target.server_pid.context("weighing needs --server-pid")?;
    let target = Rc::new(Target::from_args(args.target, "").await?);
    let scales = Scales { server, files: gauge::open_files(server)?, empty: Weight::of(server)? };
    let mut cycles = Vec::new();
    for _ in 0..args.cycles {
        cycles.push(scales.cycle(&target, args.clients, Duration::from_secs(args.seconds)).await?);
    }
    let kind = target.kind.name();
    let first = cycles.first().context("there is at least one cycle")?;
    let growth = cycles.last().zip(cycles.get(1)).map(|(last, second)| last.kept - second.kept);
    let each = i64::try_from(args.clients)?;
    let grown =
        growth.map(|growth| format!("; {growth} bytes grown since the second cycle")).unwrap_or_default();
    let summary = format!("{kind}, {} idle clients: {first}{grown}", args.clients);
    let report = json!({
        "run": "idle",
        "kind": kind,
        "clients": args.clients,
        "resident_empty": scales.empty.user.all,
        "anonymous_per_connection": first.anonymous_per_connection,
        "kernel_buffers_per_connection": first.kernel_buffers_per_connection,
        "kernel_objects_per_connection": first.kernel_objects_per_connection,
        "connects_per_second": first.connects_per_second,
        "connects_per_cpu_second": first.connects_per_cpu_second,
        "growth_since_second_cycle": growth,
        "growth_per_connection": growth.filter(|_| args.cycles > 2).map(|growth| growth / each),
        "cycles": cycles,
    });
    Outcome::new(summary, &report)
}

/// What the server holds, and what the kernel holds for both ends of its connections.
#[derive(Clone, Copy)]
struct Weight {
    user: Resident,
    kernel: Kernel,
}

impl Weight {
    fn of(server: u32) -> Result<Self> {
        Ok(Self { user: gauge::resident(server)?, kernel: gauge::kernel()? })
    }
}

struct Scales {
    server: u32,
    files: usize,
    empty: Weight,
}

impl Scales {
    /// Everybody comes, sits, is weighed and goes.
    async fn cycle(&self, target: &Rc<Target>, clients: usize, sitting: Duration) -> Result<Cycle> {
        let (connecting, cpu) = (Instant::now(), gauge::cpu_millis(self.server)?);
        let inside = crowd::connect(target, clients, "room", |client| client).await?;
        let connect_millis = usize::try_from(connecting.elapsed().as_millis())?.max(1);
        let connect_cpu_millis = (gauge::cpu_millis(self.server)? - cpu).max(1);
        let voices = inside.iter().map(|client| client.voice.clone()).collect();
        let mut crowd = Crowd::new();
        for client in inside {
            crowd.spawn_local(sit(target.kind, client));
        }
        let meter = Meter::count_down("sitting", sitting);
        crowd::hold(&mut crowd, sitting).await?;
        drop(meter);
        let held = Weight::of(self.server)?;
        crowd::leave(crowd, voices).await?;
        self.drained().await?;
        let kept = gauge::resident(self.server)?.anonymous - self.empty.user.anonymous;
        let each = |held: i64, empty: i64| Ok::<_, anyhow::Error>((held - empty) / i64::try_from(clients)?);
        Ok(Cycle {
            connect_millis,
            connect_cpu_millis,
            connects_per_second: clients * 1000 / connect_millis,
            connects_per_cpu_second: clients * 1000 / connect_cpu_millis,
            resident_per_connection: each(held.user.all, self.empty.user.all)?,
            anonymous_per_connection: each(held.user.anonymous, self.empty.user.anonymous)?,
            kernel_buffers_per_connection: each(
                held.kernel.socket_buffers,
                self.empty.kernel.socket_buffers,
            )?,
            kernel_objects_per_connection: each(held.kernel.objects, self.empty.kernel.objects)?,
            kept,
        })
    }

    /// Waits until the server has closed the sockets of the cycle.
    async fn drained(&self) -> Result<()> {
        let deadline = Instant::now() + DRAIN;
        loop {
            let open = gauge::open_files(self.server)?.saturating_sub(self.files);
            // a server may keep a few files of its own that it opened under way
            if open <= 16 {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "the server still has {open} more files open than at the start"
            );
            sleep(GLANCE).await;
        }
    }
}

async fn sit(kind: Kind, client: Client) -> Result<()> {
    let Client { mut ear, voice, .. } = client;
    while ear.turn(|head, payload| crowd::stay_alive(kind, &voice, head, payload)).await? {}
    bail!("the server hung up")
}

/// All bytes are above what the empty server took, spread over the connections.
#[derive(Serialize)]
struct Cycle {
    connect_millis: usize,
    connect_cpu_millis: usize,
    connects_per_second: usize,
    connects_per_cpu_second: usize,
    resident_per_connection: i64,
    /// Heap and stacks: the user space of a connection.
    anonymous_per_connection: i64,
    /// Both ends, as they are on this machine.
    kernel_buffers_per_connection: i64,
    kernel_objects_per_connection: i64,
    /// Heap and stacks when everybody is gone, above the empty server.
    kept: i64,
}

impl std::fmt::Display for Cycle {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { resident_per_connection, anonymous_per_connection, kept, connects_per_cpu_second, .. } =
            self;
        write!(
            out,
            "{resident_per_connection} resident bytes each, {anonymous_per_connection} of heap and stacks; \
             the kernel holds {} and {} of socket buffers for both ends; \
             {connects_per_cpu_second} connects per second of the server's processor time; {kept} bytes kept afterwards",
            self.kernel_objects_per_connection, self.kernel_buffers_per_connection,
        )
    }
}
