//! A person at a widget: speaks and listens over a real socket, and waits for nothing longer than it may take.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::house::{House, SOON};

/// Code and reason must be those of a server that shuts down; in how many milliseconds it asks to come back.
pub fn sent_home((code, reason): &(u16, String)) -> u64 {
    let hint =
        reason.strip_prefix("Server shutting down; retry in ").and_then(|rest| rest.strip_suffix(" ms"));
    let retry = hint.filter(|_| *code == 1012).and_then(|hint| hint.parse().ok());
    retry.unwrap_or_else(|| panic!("not sent home but closed with {code} {reason}"))
}

pub struct Person {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What `connected` said.
    pub welcome: Value,
    /// The subprotocol that was chosen.
    pub protocol: Option<String>,
    /// The numbered entries heard, in the order they came: number and content.
    pub minutes: Vec<(u64, String)>,
}

impl Person {
    pub async fn connect(url: &str, headers: &[(&str, &str)]) -> Self {
        Self::try_connect(url, headers).await.expect("the socket opens")
    }

    /// The HTTP status it was refused with, if it was.
    pub async fn refused(url: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        match Self::try_connect(url, headers).await {
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                (response.status().as_u16(), serde_json::from_slice(body).unwrap_or(Value::Null))
            }
            Err(other) => panic!("refused without an answer: {other}"),
            Ok(_) => panic!("let in"),
        }
    }

    pub async fn try_connect(url: &str, headers: &[(&str, &str)]) -> Result<Self, Error> {
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a header name");
            request.headers_mut().append(name, HeaderValue::from_str(value).expect("a header value"));
        }
        let (socket, answer) =
            timeout(SOON, tokio_tungstenite::connect_async(request)).await.expect("an answer in time")?;
        let protocol = answer.headers().get("sec-websocket-protocol");
        let protocol = protocol.map(|name| name.to_str().expect("a protocol's name").to_owned());
        Ok(Self { socket, welcome: Value::Null, protocol, minutes: Vec::new() })
    }

    /// Opens a socket on a line that holds little of what is not read yet.
    pub async fn on_a_short_line(house: &House, path: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(64 << 10).expect("a small buffer");
        let stream = timeout(SOON, socket.connect(house.address())).await.expect("in time").expect("a line");
        let stream = MaybeTlsStream::Plain(stream);
        let opened = tokio_tungstenite::client_async(house.ws_url(path), stream);
        let (socket, _) = timeout(SOON, opened).await.expect("an answer in time").expect("the socket opens");
        Self { socket, welcome: Value::Null, protocol: None, minutes: Vec::new() }
    }

    /// Goes on where a handshake made by hand ended; `read` is what came behind it.
    pub async fn after_handshake(stream: TcpStream, read: Vec<u8>) -> Self {
        let (stream, role) = (MaybeTlsStream::Plain(stream), Role::Client);
        let socket = WebSocketStream::from_partially_read(stream, read, role, None).await;
        Self { socket, welcome: Value::Null, protocol: None, minutes: Vec::new() }
    }

    /// Sits in the room for certain: frames are served in order, so the pong comes after the join.
    pub async fn settles(&mut self) {
        self.sends(json!({ "type": "ping" })).await;
        self.hears_among_others("pong").await;
    }

    /// Waits for `connected`.
    pub async fn is_welcomed(&mut self) {
        self.welcome = self.hears("connected").await;
    }

    pub fn epoch(&self) -> &str {
        self.welcome["epoch"].as_str().expect("only those with extras are told the epoch")
    }

    pub async fn sends(&mut self, frame: Value) {
        self.sends_text(&frame.to_string()).await;
    }

    pub async fn sends_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("the socket takes it");
    }

    pub async fn sends_raw(&mut self, message: Message) {
        self.socket.send(message).await.expect("the socket takes it");
    }

    /// Posts as a user.
    pub async fn posts(&mut self, content: &str) {
        self.sends(json!({ "type": "message", "content": content, "role": "USER" })).await;
    }

    /// Posts with a client id and waits for the answer: the `data` of `sent`.
    pub async fn posts_safely(&mut self, content: &str, temp_id: &str) -> Value {
        self.sends(json!({ "type": "message", "content": content, "role": "USER", "tempId": temp_id })).await;
        let sent = self.hears_among_others("sent").await;
        assert_eq!(sent["tempId"], temp_id);
        sent["data"].clone()
    }

    /// The next frame, whatever it is; pings of the protocol are answered on the way.
    pub async fn hears_next(&mut self) -> Value {
        loop {
            match timeout(SOON, self.socket.next()).await.expect("a frame in time") {
                Some(Ok(Message::Text(text))) => {
                    let frame = serde_json::from_str(&text).expect("frames are JSON");
                    self.note(&frame);
                    return frame;
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("waiting for a frame: {other:?}"),
            }
        }
    }

    /// The next frame, which must be of this type.
    pub async fn hears(&mut self, kind: &str) -> Value {
        let frame = self.hears_next().await;
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// The next frame of this type, past any others.
    pub async fn hears_among_others(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.hears_next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next frame, which must be a message with this content; its `data`.
    pub async fn hears_message(&mut self, content: &str) -> Value {
        let frame = self.hears("message").await;
        assert_eq!(frame["data"]["content"], content, "{frame}");
        frame["data"].clone()
    }

    /// Nothing is on its way to this session: its own ping is answered before anything else comes.
    /// (Silence about what others do is told by a message that comes after it.)
    pub async fn hears_nothing_more(&mut self) {
        self.sends(json!({ "type": "ping" })).await;
        self.hears("pong").await;
    }

    /// The next frame, or the goodbye that came in its stead.
    pub async fn hears_or_is_closed(&mut self) -> Result<Value, (u16, String)> {
        match timeout(SOON, self.socket.next()).await.expect("a frame in time") {
            Some(Ok(Message::Text(text))) => Ok(serde_json::from_str(&text).expect("frames are JSON")),
            Some(Ok(Message::Close(Some(frame)))) => Err((frame.code.into(), frame.reason.to_string())),
            other => panic!("waiting for a frame or a goodbye: {other:?}"),
        }
    }

    /// Waits for the close frame: code and reason.
    pub async fn is_closed(&mut self) -> (u16, String) {
        loop {
            match timeout(SOON, self.socket.next()).await.expect("a close in time") {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Close(None))) => return (1005, String::new()),
                Some(Ok(_)) => {}
                None | Some(Err(_)) => return (1006, String::new()),
            }
        }
    }

    /// Waits for the goodbye of a server that shuts down; in how many milliseconds it asks to come back.
    pub async fn is_sent_home(&mut self) -> u64 {
        sent_home(&self.is_closed().await)
    }

    /// Says goodbye properly.
    pub async fn leaves(mut self) {
        // The other side may be gone first.
        let _ = self.socket.close(None).await;
        let _ = timeout(SOON, async { while let Some(Ok(_)) = self.socket.next().await {} }).await;
    }

    /// Is gone without a word.
    pub fn drops(self) {
        drop(self);
    }
}
