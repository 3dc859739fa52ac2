//! Whole frames from a socket, through one buffer that the thread's connections share.
//!
//! A connection owns memory only while a frame of its own is cut in two, so an idle one costs nothing here.

use crate::frame::{self, Frame};
use anyhow::Result;
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; 64 * 1024].into_boxed_slice());
}

pub struct FrameReader {
    socket: OwnedReadHalf,
    cut: Vec<u8>,
    begun: bool,
}

impl FrameReader {
    /// `early` are the bytes that came together with the handshake.
    pub fn new(socket: OwnedReadHalf, early: Vec<u8>) -> Self {
        Self { socket, cut: early, begun: false }
    }

    /// One read: `hear` gets every frame that it completed. False when the peer has hung up.
    pub async fn turn(&mut self, mut hear: impl FnMut(&Frame, &[u8]) -> Result<()>) -> Result<bool> {
        if !std::mem::replace(&mut self.begun, true) && !self.cut.is_empty() {
            self.take(&mut [], &mut hear)?;
            return Ok(true);
        }
        poll_fn(|cx| {
            BUFFER.with_borrow_mut(|buffer| {
                // poll_read and not try_read: a short read then spares the second call that finds nothing
                let mut buffer = ReadBuf::new(buffer);
                ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buffer))?;
                let fresh = buffer.filled_mut();
                if fresh.is_empty() {
                    return Poll::Ready(Ok(false));
                }
                Poll::Ready(self.take(fresh, &mut hear).map(|()| true))
            })
        })
        .await
    }

    fn take(&mut self, fresh: &mut [u8], hear: &mut impl FnMut(&Frame, &[u8]) -> Result<()>) -> Result<()> {
        if self.cut.is_empty() {
            let left = each_frame(fresh, hear)?;
            self.cut.extend_from_slice(left);
            return Ok(());
        }
        let mut joined = std::mem::take(&mut self.cut);
        joined.extend_from_slice(fresh);
        let left = each_frame(&mut joined, hear)?;
        self.cut.extend_from_slice(left);
        Ok(())
    }
}

/// Unmasks and hands on every whole frame; gives back the bytes of the one that is cut.
fn each_frame<'a>(
    mut bytes: &'a mut [u8],
    hear: &mut impl FnMut(&Frame, &[u8]) -> Result<()>,
) -> Result<&'a [u8]> {
    while let Some(found) = frame::first(bytes)? {
        let (whole, rest) = bytes.split_at_mut(found.payload.end);
        let payload = whole.get_mut(found.payload.clone()).unwrap_or_default();
        if let Some(key) = found.mask {
            frame::mask(payload, key);
        }
        hear(&found, payload)?;
        bytes = rest;
    }
    Ok(bytes)
}
