//! What the deployment does with WebSockets: the upgrade, who is let in, and how connections last and end.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::finding::Finding;
use super::line::{Ask, Heard, Line, Unopened};
use super::{PATIENCE, Patient};

const FORGED: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiJkb2N0b3IiLCJjaGF0SWQiOiJkb2N0b3IifQ.Zm9yZ2Vk";
const STRANGE_ORIGIN: &str = "https://recado-doctor.invalid";
const SERVICE_RESTART: u16 = 1012;

fn unopened(what: &'static str, unopened: &Unopened) -> Finding {
    match unopened {
        Unopened::Answered(status) if status.as_u16() == 503 => Finding::ill(
            what,
            "the upgrade is refused with 503",
            "it is full, draining or at its connect rate: look at the metrics, or try again",
        ),
        Unopened::Answered(status) if status.as_u16() == 403 => Finding::ill(
            what,
            "the upgrade is refused with 403",
            "add the site's Origin to server.allowed_origins",
        ),
        Unopened::Answered(status) => Finding::ill(
            what,
            format!("{status} instead of an upgrade"),
            "the proxy must pass Upgrade and Connection over HTTP/1.1 (nginx: proxy_http_version 1.1 and both headers)",
        ),
        Unopened::Failed(reason) => {
            Finding::ill(what, format!("no upgrade: {reason}"), "the proxy hung up during the handshake")
        }
    }
}

/// What the server says to a client with this token; none if it is silent or gone.
async fn first_word(patient: &Patient, token: Option<&str>) -> Result<Option<Heard>, Unopened> {
    let ask = Ask { token, origin: patient.origin.as_deref(), ..Ask::default() };
    let mut line = Line::open(patient, &ask).await?;
    line.hear(PATIENCE).await.map_err(|error| Unopened::Failed(error.to_string()))
}

/// Does an upgrade get through the proxy, and the close code back?
pub(super) async fn upgrade(patient: &Patient) -> Finding {
    match first_word(patient, None).await {
        Err(reason) => unopened("upgrade", &reason),
        Ok(Some(Heard::Closed { code: 4001, .. })) => {
            Finding::well("upgrade", "gets through; without a token a client is told so (4001)")
        }
        Ok(Some(Heard::Closed { code, reason })) => Finding::ill(
            "upgrade",
            format!("gets through, but a client without a token is closed with {code} {reason}"),
            "is this a recado, and is doors.widget.enabled set?",
        ),
        Ok(_) => Finding::ill(
            "upgrade",
            "gets through, but no close code comes back",
            "the proxy swallows close frames: clients cannot tell why they were refused",
        ),
    }
}

/// A token nobody signed must not open the door.
pub(super) async fn forged(patient: &Patient) -> Finding {
    match first_word(patient, Some(FORGED)).await {
        Err(reason) => unopened("forged token", &reason),
        Ok(Some(Heard::Closed { code: 4002, .. })) => Finding::well("forged token", "refused (4002)"),
        Ok(Some(Heard::Text(_))) => {
            Finding::ill("forged token", "was let in", "stop this deployment: it does not verify tokens")
        }
        Ok(_) => Finding::ill("forged token", "not refused with 4002", "check auth.jwt_secrets and the log"),
    }
}

/// A page of somebody else must not open sockets in a visitor's name.
pub(super) async fn stranger(patient: &Patient) -> Finding {
    let ask = Ask { origin: Some(STRANGE_ORIGIN), ..Ask::default() };
    match Line::open(patient, &ask).await {
        Err(Unopened::Answered(status)) if status.as_u16() == 403 => {
            Finding::well("origin", "a page from elsewhere is refused (403)")
        }
        Err(reason) => unopened("origin", &reason),
        Ok(_) => Finding::ill(
            "origin",
            "a page from anywhere may open sockets",
            "set server.allowed_origins to the sites the widget stands on",
        ),
    }
}

pub(super) async fn compression(patient: &Patient) -> Finding {
    let ask = Ask { origin: patient.origin.as_deref(), compressed: true, ..Ask::default() };
    match Line::open(patient, &ask).await {
        Err(reason) => unopened("compression", &reason),
        Ok(line) if line.compressed => Finding::well("compression", "permessage-deflate is agreed on"),
        Ok(_) => Finding::note(
            "compression",
            "not agreed on",
            "compression.enabled is off, or the proxy drops Sec-WebSocket-Extensions; messages travel as they are",
        ),
    }
}

/// Is a real client welcomed, and answered?
pub(super) async fn welcome(patient: &Patient) -> Finding {
    let mut line = match enter(patient, "token").await {
        Ok(line) => line,
        Err(finding) => return finding,
    };
    let asked = Instant::now();
    let answered = async {
        line.say(r#"{"type":"ping"}"#).await?;
        loop {
            match line.hear(PATIENCE).await? {
                Some(Heard::Text(said)) if kind(&said) == Some("pong") => return anyhow::Ok(true),
                Some(Heard::Text(_) | Heard::Ping) => {}
                Some(Heard::Closed { .. } | Heard::CutOff) | None => return Ok(false),
            }
        }
    };
    match answered.await {
        Ok(true) => {
            Finding::well("token", format!("welcomed; a ping takes {} ms", asked.elapsed().as_millis()))
        }
        _ => {
            Finding::ill("token", "welcomed, but a ping is not answered", "the proxy holds small frames back")
        }
    }
}

fn kind(said: &Value) -> Option<&str> {
    said.get("type").and_then(Value::as_str)
}

/// A line that was welcomed.
async fn enter(patient: &Patient, what: &'static str) -> Result<Line, Finding> {
    let Some(token) = patient.token.as_deref() else {
        return Err(Finding::note(
            what,
            "not looked at",
            "give --token (recado token --chat doctor --user doctor)",
        ));
    };
    let ask = Ask { token: Some(token), origin: patient.origin.as_deref(), ..Ask::default() };
    let mut line = Line::open(patient, &ask).await.map_err(|reason| unopened(what, &reason))?;
    match line.hear(PATIENCE).await {
        Ok(Some(Heard::Text(said))) if kind(&said) == Some("connected") => Ok(line),
        Ok(Some(Heard::Closed { code: 4002, reason })) => Err(Finding::ill(
            what,
            format!("refused: {reason}"),
            "signed with another secret, expired, or the clocks differ: compare auth.jwt_secrets on both sides",
        )),
        Ok(Some(Heard::Closed { code, reason })) => {
            Err(Finding::ill(what, format!("closed with {code} {reason}"), "the log says why"))
        }
        _ => {
            Err(Finding::ill(what, "no welcome came", "the store or another part does not answer: see ready"))
        }
    }
}

/// A connection that is kept and watched.
#[derive(Clone, Copy)]
pub(super) enum Watch {
    Idle(Duration),
    Drain(Duration),
}

impl Watch {
    /// None: not wanted.
    pub fn idle(seconds: u32) -> Option<Self> {
        (seconds > 0).then(|| Self::Idle(Duration::from_secs(seconds.into())))
    }

    pub fn drain(seconds: u32) -> Self {
        Self::Drain(Duration::from_secs(seconds.into()))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Idle(_) => "idle",
            Self::Drain(_) => "drain",
        }
    }
}

/// Says nothing, answers heartbeats, and sees how long that goes well. `connected` is called when it is connected.
pub(super) async fn stay(patient: &Patient, watch: Watch, connected: impl FnOnce()) -> Finding {
    let mut line = match enter(patient, watch.name()).await {
        Ok(line) => line,
        Err(finding) => return finding,
    };
    connected();
    let (Watch::Idle(long) | Watch::Drain(long)) = watch;
    let (begun, mut pings) = (Instant::now(), 0_u32);
    loop {
        match line.hear(long.saturating_sub(begun.elapsed())).await {
            Ok(Some(Heard::Ping)) => pings = pings.saturating_add(1),
            Ok(Some(Heard::Text(_))) => {}
            Ok(None) => return lasted(watch, long, pings),
            Ok(Some(Heard::Closed { code, reason })) => return closed(watch, begun.elapsed(), code, &reason),
            Ok(Some(Heard::CutOff)) | Err(_) => return cut_off(watch, begun.elapsed()),
        }
    }
}

fn lasted(watch: Watch, long: Duration, pings: u32) -> Finding {
    let says = format!("stayed open {} s, {pings} heartbeats came", long.as_secs());
    match watch {
        Watch::Idle(_) => Finding::well("idle", says),
        Watch::Drain(_) => {
            Finding::note("drain", says, "no deploy or restart reached this machine meanwhile")
        }
    }
}

fn closed(watch: Watch, after: Duration, code: u16, reason: &str) -> Finding {
    let says = format!("closed after {} s with {code} {reason}", after.as_secs());
    match (watch, code) {
        (Watch::Drain(_), SERVICE_RESTART) => Finding::well("drain", says),
        (Watch::Drain(_), _) => Finding::ill(
            "drain",
            says,
            "1012 was expected: does the platform send SIGTERM and wait longer than server.drain_ms (kill_timeout)?",
        ),
        (Watch::Idle(_), SERVICE_RESTART) => {
            Finding::note("idle", says, "a deploy came in between: run the doctor again")
        }
        (Watch::Idle(_), _) => Finding::ill("idle", says, "the log of the service says why"),
    }
}

fn cut_off(watch: Watch, after: Duration) -> Finding {
    let says = format!("cut off after {} s without a goodbye", after.as_secs());
    let mend = match watch {
        Watch::Idle(_) => {
            "a proxy ends idle connections: raise its limit (fly: http_options.idle_timeout) above doors.widget.heartbeat_ms"
        }
        Watch::Drain(_) => "killed before it could say goodbye: raise kill_timeout above server.drain_ms",
    };
    Finding::ill(watch.name(), says, mend)
}
