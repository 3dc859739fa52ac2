//! Messages of a client, one by one, to whole packets. Pure.
//!
//! Between a packet's text and its last attachment nothing else may come, and no more is kept than the limits allow.

use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;

use super::{Fault, Heard, Limits, reading};
use crate::doors::socketio::engine::packet::Message;

/// Smaller messages are copied while they wait, or they would hold on to the buffer that they came in.
const WORTH_A_BUFFER: usize = 16 << 10;

/// One client's packets. After a fault there is nothing to go on with.
#[derive(Debug)]
pub struct Assembler {
    limits: Arc<Limits>,
    half: Option<Box<Half>>,
}

/// A packet that waits for attachments. It waits as text, which takes less than what is made of it.
#[derive(Debug)]
struct Half {
    text: ByteString,
    missing: usize,
    attachments: Vec<Bytes>,
    bytes: usize,
}

impl Assembler {
    pub fn new(limits: Arc<Limits>) -> Self {
        Self { limits, half: None }
    }

    /// Does a packet wait for attachments? Whoever reads the messages says for how long it may.
    pub fn is_waiting(&self) -> bool {
        self.half.is_some()
    }

    /// The next message. None: there is more to come.
    pub fn hear(&mut self, message: Message) -> Result<Option<Heard>, Fault> {
        match (self.half.take(), message) {
            (None, Message::Text(text)) => self.begin(text),
            (Some(half), Message::Binary(bytes)) => self.go_on(half, bytes),
            (Some(_), Message::Text(_)) => Err(Fault::AttachmentMissing),
            (None, Message::Binary(_)) => Err(Fault::AttachmentUnannounced),
        }
    }

    fn begin(&mut self, text: ByteString) -> Result<Option<Heard>, Fault> {
        let (heard, missing) = reading::read(&text, &self.limits)?;
        if missing == 0 {
            return Ok(Some(heard));
        }
        let text = if text.len() < WORTH_A_BUFFER { ByteString::from(&*text) } else { text };
        self.half = Some(Box::new(Half { text, missing, attachments: Vec::new(), bytes: 0 }));
        Ok(None)
    }

    fn go_on(&mut self, mut half: Box<Half>, bytes: Bytes) -> Result<Option<Heard>, Fault> {
        half.bytes = half.bytes.saturating_add(bytes.len());
        if half.bytes > self.limits.attachment_bytes {
            return Err(Fault::TooLarge);
        }
        half.missing = half.missing.saturating_sub(1);
        if half.missing > 0 {
            let is_small = bytes.len() < WORTH_A_BUFFER;
            half.attachments.push(if is_small { Bytes::copy_from_slice(&bytes) } else { bytes });
            self.half = Some(half);
            return Ok(None);
        }
        half.attachments.push(bytes);
        let (mut heard, _) = reading::read(&half.text, &self.limits)?;
        if let Heard::Event { attachments, .. } | Heard::Ack { attachments, .. } = &mut heard {
            *attachments = half.attachments;
        }
        Ok(Some(heard))
    }
}

#[cfg(test)]
mod tests;
