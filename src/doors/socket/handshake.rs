//! The opening handshake of RFC 6455 section 4.2, and what a client said in it.

use std::borrow::Cow;
use std::fmt::Write;
use std::net::IpAddr;

use actix_http::RequestHead;
use actix_http::header::{self, HeaderMap, HeaderName};
use actix_http::ws::{hash_key, verify_handshake};
use bytes::Bytes;
use url::form_urlencoded;

use super::deflate::{self, Agreed};
use crate::doors::problem::Problem;

/// The name a client may offer beside its token, so that the token need not be echoed.
const PLAIN_PROTOCOL: &str = "recado";
/// A token in the subprotocol list: `recado-token.<jwt>`.
const TOKEN_PROTOCOL: &str = "recado-token.";

/// A client at the door: what it said before the first frame.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub path: String,
    pub address: Option<IpAddr>,
    /// As it was written: most of it is never asked for.
    query: Box<str>,
    /// The token in its header, or in the subprotocol list.
    shown: Option<Box<str>>,
}

impl Arrival {
    pub fn read(head: &RequestHead, address: Option<IpAddr>) -> Self {
        let uri = &head.uri;
        let offered = || offered(&head.headers).find_map(|offer| offer.strip_prefix(TOKEN_PROTOCOL));
        Self {
            path: uri.path().to_owned(),
            address,
            query: uri.query().unwrap_or_default().into(),
            shown: bearer(&head.headers).or_else(offered).map(Box::from),
        }
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        form_urlencoded::parse(self.query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The token in whichever of its places it stands; an empty one counts as given.
    pub fn token(&self) -> Option<Cow<'_, str>> {
        self.query("token").or(self.shown.as_deref().map(Cow::Borrowed))
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok());
    all.flat_map(|list| list.split(',')).map(str::trim)
}

/// Which subprotocol to answer with: a browser hangs up if it offered some and none is chosen.
fn chosen(headers: &HeaderMap) -> Option<&str> {
    let ours = |offer: &&str| *offer == PLAIN_PROTOCOL || offer.starts_with(TOKEN_PROTOCOL);
    let plain = offered(headers).find(|offer| *offer == PLAIN_PROTOCOL);
    plain.or_else(|| offered(headers).find(ours))
}

fn malformed(detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::new(400, "bad_handshake", detail)
}

/// What of a client's offers to compress can be agreed on.
pub fn agreed(head: &RequestHead) -> Option<Agreed> {
    let values = head.headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS);
    let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
    deflate::agree(values.iter().copied())
}

/// The answer that makes the connection a WebSocket, or why not.
pub fn accept(head: &RequestHead, agreed: Option<Agreed>) -> Result<Bytes, Problem> {
    verify_handshake(head).map_err(|error| malformed(error.to_string()))?;
    let key = text(&head.headers, header::SEC_WEBSOCKET_KEY).unwrap_or_default();
    if key.len() != 24 || !key.ends_with("==") {
        return Err(malformed("Sec-WebSocket-Key is not 16 bytes in base64"));
    }
    let hash = hash_key(key.as_bytes());
    let mut answer =
        String::from("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    // Writing to a string cannot fail.
    let _ = write!(answer, "Sec-WebSocket-Accept: {}\r\n", String::from_utf8_lossy(&hash));
    if let Some(protocol) = chosen(&head.headers) {
        let _ = write!(answer, "Sec-WebSocket-Protocol: {protocol}\r\n");
    }
    if let Some(agreed) = agreed {
        let _ = write!(answer, "Sec-WebSocket-Extensions: {}\r\n", agreed.answer());
    }
    answer.push_str("\r\n");
    Ok(answer.into())
}

#[cfg(test)]
mod tests {
    use actix_http::test::TestRequest;

    use super::*;

    fn asking(path: &str) -> TestRequest {
        let mut request = TestRequest::with_uri(path);
        request
            .insert_header((header::UPGRADE, "websocket"))
            .insert_header((header::CONNECTION, "Upgrade"))
            .insert_header((header::SEC_WEBSOCKET_VERSION, "13"))
            .insert_header((header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="));
        request
    }

    #[test]
    fn the_sample_key_of_the_rfc_gets_the_sample_answer() {
        let answer = accept(asking("/").finish().head(), None).unwrap();
        let answer = String::from_utf8(answer.to_vec()).unwrap();
        assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
        assert!(!answer.contains("Protocol:"));
    }

    #[test]
    fn the_token_is_found_in_each_of_its_places() {
        let find = |mut request: TestRequest| {
            Arrival::read(request.finish().head(), None).token().map(Cow::into_owned)
        };
        assert_eq!(find(asking("/any/path?x=1&token=a.b.c")).as_deref(), Some("a.b.c"));
        assert_eq!(find(asking("/?token=")).as_deref(), Some(""));
        let mut request = asking("/");
        request.insert_header((header::AUTHORIZATION, "bearer d.e.f"));
        assert_eq!(find(request).as_deref(), Some("d.e.f"));
        let mut request = asking("/");
        request.insert_header((header::SEC_WEBSOCKET_PROTOCOL, "recado, recado-token.g.h.i"));
        assert_eq!(find(request).as_deref(), Some("g.h.i"));
        assert_eq!(find(asking("/")), None);
    }

    #[test]
    fn the_plain_name_is_chosen_before_the_token() {
        let mut request = asking("/");
        request.insert_header((header::SEC_WEBSOCKET_PROTOCOL, "recado-token.g.h.i, recado"));
        let answer = accept(request.finish().head(), None).unwrap();
        assert!(String::from_utf8_lossy(&answer).contains("Sec-WebSocket-Protocol: recado\r\n"));
    }

    #[test]
    fn what_was_agreed_on_is_confirmed_whichever_header_offered_it() {
        let mut request = asking("/");
        request.append_header((header::SEC_WEBSOCKET_EXTENSIONS, "x-other")).append_header((
            header::SEC_WEBSOCKET_EXTENSIONS,
            "permessage-deflate; server_max_window_bits=12",
        ));
        let request = request.finish();
        let answer = accept(request.head(), agreed(request.head())).unwrap();
        let told = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; \
                    client_no_context_takeover; server_max_window_bits=12\r\n";
        assert!(String::from_utf8_lossy(&answer).contains(told), "{answer:?}");
        assert_eq!(agreed(asking("/").finish().head()), None);
    }

    #[test]
    fn an_odd_handshake_is_refused_in_words() {
        let mut request = asking("/");
        request.insert_header((header::SEC_WEBSOCKET_VERSION, "99"));
        assert_eq!(accept(request.finish().head(), None).unwrap_err().status, 400);
        let mut request = asking("/");
        request.insert_header((header::SEC_WEBSOCKET_KEY, "short"));
        assert_eq!(accept(request.finish().head(), None).unwrap_err().code, "bad_handshake");
    }
}
