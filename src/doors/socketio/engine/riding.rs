//! A WebSocket's part in a session: from its first frame, or from the probe by which it replaces polling.
//!
//! Until the client says `5` the session goes on by polling and this socket has an outlet of its own; should it go,
//! only it is gone.

use std::rc::Rc;
use std::time::Duration;

use recado_actors::dialect::Lane;
use recado_actors::limiter::{Allowance, Ask};
use recado_actors::outlet::Outlet;
use recado_actors::refusal::Farewell;
use tokio::time::sleep;

use super::life::Life;
use super::packet::{Fault, Packet, read_binary, read_text};
use super::rider::Work;
use crate::doors::socket::{Conversation, Said, Socket, SocketWire, frame};

/// How often a poll that came while a WebSocket tries is let go, as stock servers do.
const RELEASE: Duration = Duration::from_millis(100);

pub struct Riding {
    life: Rc<Life>,
    /// While it is no more than a try.
    probe: Option<Box<Probe>>,
}

struct Probe {
    outlet: Rc<Outlet>,
    allowance: Rc<Allowance>,
    wire: SocketWire,
    /// The client said `2probe`.
    asked: bool,
}

/// What takes longer than a turn.
pub enum Left {
    Work(Work),
    /// The change of transport.
    Turn,
}

impl Riding {
    /// A session that came by WebSocket.
    pub fn first(life: Rc<Life>) -> Self {
        Self { life, probe: None }
    }

    /// One that may go on by it.
    pub fn probing(life: Rc<Life>, socket: &Socket) -> Self {
        let (outlet, allowance) = (socket.outlet.clone(), socket.allowance.clone());
        let probe = Probe { outlet, allowance, wire: socket.wire(), asked: false };
        Self { life, probe: Some(Box::new(probe)) }
    }

    fn hear_probe(&mut self, said: Said) -> Option<Left> {
        let probe = self.probe.as_mut()?;
        match read(&self.life, said) {
            Ok(Packet::Ping(said)) if said == "probe" && probe.allowance.spend(Ask::Other).is_ok() => {
                probe.outlet.push(&frame::text("3probe"), Lane::Firm);
                if !std::mem::replace(&mut probe.asked, true) {
                    actix_web::rt::spawn(release_polls(Rc::downgrade(&self.life)));
                }
                None
            }
            Ok(Packet::Upgrade) if probe.asked => {
                // From this moment no poll may wait, though the change takes another.
                self.life.standing.becomes_socket();
                Some(Left::Turn)
            }
            _ => {
                probe.outlet.close(Farewell::Malformed);
                None
            }
        }
    }

    /// From here on the session speaks through this socket.
    async fn turn(&mut self) {
        let Some(probe) = self.probe.take() else { return };
        let Probe { outlet, wire, .. } = *probe;
        outlet.drained(0).await;
        if self.life.is_over() || !self.life.line.turn(wire) {
            return outlet.hang_up(Farewell::ByClient(1006));
        }
        outlet.give_up_wire();
        self.life.turn();
        self.life.standing.end_probe();
    }
}

fn read(life: &Life, said: Said) -> Result<Packet, Fault> {
    match said {
        Said::Text(text) => read_text(life.seat.protocol, text),
        Said::Binary(bytes) => read_binary(life.seat.protocol, bytes),
    }
}

/// The client stops polling once its poll is answered, so polls are not kept while it tries a WebSocket.
async fn release_polls(life: std::rc::Weak<Life>) {
    while let Some(life) = life.upgrade().filter(|life| life.standing.is_probed() && !life.is_over()) {
        life.line.release("6");
        drop(life);
        sleep(RELEASE).await;
    }
}

impl Conversation for Riding {
    type Left = Left;

    async fn open(&mut self) -> Option<Duration> {
        match &self.probe {
            Some(_) => Some(self.life.mount.rules.upgrade_timeout),
            None => {
                if let Some(work) = self.life.open() {
                    work.await;
                }
                None
            }
        }
    }

    fn hear(&mut self, said: Said) -> Option<Left> {
        if self.probe.is_some() { self.hear_probe(said) } else { self.life.hear_said(said).map(Left::Work) }
    }

    async fn finish(&mut self, left: Left) {
        match left {
            Left::Work(work) => work.await,
            Left::Turn => self.turn().await,
        }
    }

    fn moves_to(&mut self) -> Option<Rc<Allowance>> {
        self.life.has_turned().then(|| self.life.seat.allowance.clone())
    }

    fn is_proved(&self) -> bool {
        self.probe.is_none()
    }
}

/// Also when the pump itself dies.
impl Drop for Riding {
    fn drop(&mut self) {
        if self.probe.is_some() {
            return self.life.standing.end_probe();
        }
        if std::thread::panicking() {
            self.life.seat.outlet.hang_up(Farewell::Internal);
        }
        self.life.leave();
    }
}
