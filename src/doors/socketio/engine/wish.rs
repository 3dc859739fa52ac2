//! What a request is for: a new session or one that is known, checked in the order of stock servers. Pure.

use actix_http::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::USER_AGENT;
use url::form_urlencoded;

use super::denied::Denied;
use super::mount::Mount;
use super::packet::Protocol;
use super::polled::Encoding;
use super::registry::Entry;
use super::sid::Sid;

/// `engineio.payload.Payload.max_decode_packets`.
const PYTHON_TAKES: usize = 16;

/// What may be done about a request.
pub enum Wish {
    /// A handshake.
    Open(Encoding),
    /// More of a session, by the transport it has or, for a WebSocket, may have next.
    GoOn(Entry),
}

/// `upgrade`: it wants to be a WebSocket.
pub fn wish(mount: &Mount, head: &RequestHead, upgrade: bool) -> Result<Wish, Denied> {
    let query = head.uri.query().unwrap_or_default();
    let asked = |name: &str| {
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value)
    };
    let transport = asked("transport");
    let by_socket = match transport.as_deref() {
        Some("polling") => false,
        Some("websocket") => true,
        _ => return Err(Denied::UNKNOWN_TRANSPORT),
    };
    if let Some(sid) = asked("sid").filter(|sid| !sid.is_empty()) {
        let entry =
            Sid::parse(&sid).and_then(|sid| mount.registry.get(&sid)).ok_or(Denied::UNKNOWN_SESSION)?;
        let is_its_own = upgrade == by_socket && (upgrade || !entry.standing.is_socket());
        return if is_its_own { Ok(Wish::GoOn(entry)) } else { Err(Denied::BAD_REQUEST) };
    }
    if head.method != Method::GET {
        return Err(Denied::BAD_METHOD);
    }
    if by_socket != upgrade {
        return Err(Denied::BAD_REQUEST);
    }
    let protocol = match asked("EIO").as_deref() {
        Some("4") => Protocol::V4,
        Some("3") if mount.rules.v3 => Protocol::V3,
        _ => return Err(Denied::UNSUPPORTED_PROTOCOL),
    };
    let base64 = asked("b64").is_some_and(|b64| b64 == "1" || b64 == "true");
    Ok(Wish::Open(Encoding { protocol, base64, most: most_packets(head) }))
}

/// The client of Python, and it alone, hangs up on more packets at once than it takes.
fn most_packets(head: &RequestHead) -> Option<usize> {
    let agent = head.headers.get(USER_AGENT)?.to_str().ok()?;
    agent.to_ascii_lowercase().contains("python").then_some(PYTHON_TAKES)
}
