//! A TCP socket as an outlet sees it.

use std::io;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use futures_util::future::LocalBoxFuture;
use recado_actors::dialect::{Form, Frame};
use recado_actors::outlet::Wire;
use socket2::SockRef;

use super::deflate::{Deflater, Window};

/// The write half of a socket that was taken over; its pump reads the same one.
pub struct SocketWire {
    pub io: Rc<TcpStream>,
    /// None: its client takes nothing compressed.
    pub deflate: Option<(Rc<Deflater>, Window)>,
}

impl Wire for SocketWire {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.io.try_write(bytes)
    }

    fn writable(&self) -> LocalBoxFuture<'_, io::Result<()>> {
        Box::pin(self.io.writable())
    }

    fn hang_up(&self) {
        // It may be gone already, which is what was wanted.
        let _ = SockRef::from(&*self.io).shutdown(Shutdown::Both);
    }

    fn form(&self, frame: &Frame) -> Form {
        self.deflate.as_ref().map_or(Form::BARE, |(deflater, window)| deflater.form(frame, *window))
    }

    fn kind(&self) -> u8 {
        self.deflate.as_ref().map_or(0, |(_, window)| window.bits())
    }

    fn shape(&self, frame: &Frame, form: Form) -> Frame {
        match &self.deflate {
            Some((deflater, _)) => deflater.shape(frame, form),
            None => frame.clone(),
        }
    }

    fn transport(&self) -> &'static str {
        "websocket"
    }
}

/// Ends our direction and reads the client's last bytes away: closing over unread bytes would send a reset,
/// and a reset can overtake the close frame.
pub(super) async fn linger(io: &TcpStream, at_most: Duration) {
    let _ = SockRef::from(io).shutdown(Shutdown::Write);
    // Not on the stack: an idle socket's task would carry it all its life.
    let mut away = vec![0; 4096];
    let read_away = async {
        while io.readable().await.is_ok() {
            match io.try_read(&mut away) {
                Ok(0) => return,
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => {}
            }
        }
    };
    let _ = tokio::time::timeout(at_most, read_away).await;
}

/// What every socket is told, however it came: no waiting for more to send, and no waiting for the dead.
pub fn tune(io: &TcpStream, user_timeout: Duration) -> io::Result<()> {
    let socket = SockRef::from(io);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_user_timeout(Some(user_timeout))
}
