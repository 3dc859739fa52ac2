//! A client that offers permessage-deflate, made by hand: what it compresses, and what it hears before inflating.
//!
//! It inflates each message alone, with no more window than it offered, so a server that leans on the past fails.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use serde_json::Value;

use crate::house::House;
use crate::raw_socket::{FIN, Heard, RSV1, RawSocket, TEXT, header, post};
use crate::tokens::{claims, sign};

pub const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// A message as a client compresses it that has said nothing before.
pub fn packed(plain: &[u8]) -> Vec<u8> {
    packed_after(&mut Compress::new(Compression::best(), false), plain)
}

/// The same by a client that remembers what it said.
pub fn packed_after(compress: &mut Compress, plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(plain.len() + 1000);
    compress.compress_vec(plain, &mut packed, FlushCompress::Sync).expect("it compresses");
    assert!(packed.ends_with(&TAIL));
    packed.truncate(packed.len() - TAIL.len());
    packed
}

/// What a compressed message says, to a client that looks back this far at most.
pub fn unpacked(packed: &[u8], window_bits: u8) -> Value {
    let mut inflate = Decompress::new_with_window_bits(false, window_bits);
    let mut plain = Vec::with_capacity(1 << 20);
    let packed = [packed, &TAIL].concat();
    inflate.decompress_vec(&packed, &mut plain, FlushDecompress::Sync).expect("it inflates");
    assert_eq!(usize::try_from(inflate.total_in()), Ok(packed.len()));
    serde_json::from_slice(&plain).expect("frames are JSON")
}

/// Someone who takes compressed messages and looks back this far.
pub struct Packer {
    pub socket: RawSocket,
    window_bits: u8,
    /// The payload of the last message as it came, if it was compressed.
    pub came: Option<Vec<u8>>,
}

impl Packer {
    /// Comes as browsers do.
    pub async fn enters(house: &House, user: &str, more: &str) -> Self {
        Self::enters_with(house, user, more, 15).await
    }

    /// Asks for a window of this size.
    pub async fn enters_with(house: &House, user: &str, more: &str, window_bits: u8) -> Self {
        let mut socket = RawSocket::dials(house.address()).await;
        let path = format!("/?token={}{more}", sign(&claims(user, "chat_1")));
        let asked = format!("; server_max_window_bits={window_bits}");
        let asked = if window_bits == 15 { "" } else { &asked };
        let head = socket.comes_in_with(&path, &[&format!("{OFFER}{asked}")]).await;
        let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        assert_eq!(header(&head, "sec-websocket-extensions"), Some(format!("{agreed}{asked}").as_str()));
        Self { socket, window_bits, came: None }
    }

    pub async fn says(&mut self, text: &str) {
        self.socket.sends_frame(FIN | RSV1 | TEXT, &packed(text.as_bytes())).await;
    }

    pub async fn posts(&mut self, content: &str) {
        self.says(&post(content)).await;
    }

    pub async fn hears(&mut self) -> Value {
        match self.socket.hears().await {
            Heard::Text(value) => {
                self.came = None;
                value
            }
            Heard::Packed(payload) => {
                let value = unpacked(&payload, self.window_bits);
                self.came = Some(payload);
                value
            }
            other => panic!("waiting for a frame: {other:?}"),
        }
    }

    /// The next frame, which must be of this type.
    pub async fn hears_a(&mut self, kind: &str) -> Value {
        let frame = self.hears().await;
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// The next frame of this type, past any others.
    pub async fn hears_among_others(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.hears().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// How many bytes the last message was compressed to; none if it was not.
    pub fn came_packed(&self) -> Option<usize> {
        self.came.as_ref().map(Vec::len)
    }

    pub async fn leaves(self) {
        self.socket.leaves().await;
    }
}
