//! What the deployment answers to plain HTTP: health, readiness, clock, and what it must not show.

use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::Value;

use super::Patient;
use super::finding::Finding;

/// Tokens with a short life begin to fail when clocks differ by more.
const SKEW_SECONDS: i64 = 5;

/// The answer to `/health`, and when it came.
pub(super) struct Health {
    status: StatusCode,
    body: Value,
    heard_at: Timestamp,
}

/// Can it be reached at all?
pub(super) async fn reach(patient: &Patient) -> Result<Health, Finding> {
    let answer = match patient.client.get(patient.at("/health")).send().await {
        Ok(answer) => answer,
        Err(error) => return Err(unreachable(&error)),
    };
    let (status, heard_at) = (answer.status(), Timestamp::now());
    let body = answer.json().await.unwrap_or_default();
    Ok(Health { status, body, heard_at })
}

fn unreachable(error: &reqwest::Error) -> Finding {
    let mut reason = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        reason = error.to_string();
        cause = error.source();
    }
    let mend = if error.is_timeout() {
        "is the machine running, and does the proxy send this port to server.port?"
    } else {
        "check the name, the port, the certificate, and that the service listens beyond loopback (server.host)"
    };
    Finding::ill("reach", format!("no answer: {reason}"), mend)
}

pub(super) fn status(health: &Health) -> Finding {
    let told = health.body.get("status").and_then(Value::as_str);
    match (health.status.as_u16(), told) {
        (200, Some("healthy")) => Finding::well("health", "it answers and calls itself healthy"),
        (200, Some(other)) => {
            Finding::ill("health", format!("it calls itself {other}"), "GET /health/ready names the reason")
        }
        (301 | 302 | 307 | 308, _) => Finding::ill(
            "health",
            format!("it sends us elsewhere ({})", health.status),
            "give the address clients use, with https",
        ),
        _ => Finding::ill(
            "health",
            format!("{} instead of a health report", health.status),
            "something else answers at this address: check the host and the path of the proxy",
        ),
    }
}

/// Do its clock and ours agree?
pub(super) fn clock(health: &Health) -> Finding {
    let told =
        health.body.get("timestamp").and_then(Value::as_str).and_then(|at| at.parse::<Timestamp>().ok());
    let Some(told) = told else {
        return Finding::note("clock", "it does not tell its time", "is this a recado?");
    };
    let skew = health.heard_at.as_second().saturating_sub(told.as_second());
    if skew.abs() <= SKEW_SECONDS {
        return Finding::well("clock", format!("within {SKEW_SECONDS} s of this machine's"));
    }
    let side = if skew > 0 { "behind" } else { "ahead of" };
    Finding::ill(
        "clock",
        format!("{} s {side} this machine's", skew.abs()),
        "tokens will seem expired or too young: set the clocks by NTP, or auth.leeway_seconds for a while",
    )
}

pub(super) async fn ready(patient: &Patient) -> Finding {
    match patient.client.get(patient.at("/health/ready")).send().await {
        Ok(answer) if answer.status() == StatusCode::OK => Finding::well("ready", "it takes clients"),
        Ok(answer) => {
            let status = answer.status();
            let reason = answer.text().await.unwrap_or_default();
            let reason: String = reason.chars().filter(|letter| !letter.is_control()).take(200).collect();
            Finding::ill(
                "ready",
                format!("{status} {reason}"),
                "the proxy will send nobody here until this is 200",
            )
        }
        Err(error) => unreachable(&error),
    }
}

/// Nothing of the inside may be seen from here.
pub(super) async fn hidden(patient: &Patient) -> Finding {
    for path in ["/metrics", "/internal/webhooks", "/admin/figures"] {
        let answer = patient.client.get(patient.at(path)).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Finding::ill(
                "inside",
                format!("{path} answers strangers"),
                "let the proxy publish server.port alone, and nothing of metrics.port or internal.port",
            );
        }
    }
    Finding::well("inside", "neither metrics nor the internal API answer strangers")
}
