//! What one thread has of its own, whichever of its ports a client comes to.
//!
//! It guarantees that a thread is one worker of the broker, however many ports it serves.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use recado_actors::broker::{Broker, Worker};

use super::wiring::House;
use crate::doors::socket::ReadBuffer;
use crate::doors::socket::alarms::Alarms;
use crate::doors::socket::deflate::{Deflater, Inflater};
use crate::doors::socket::upgrade::{Engines, Entrance};

thread_local! {
    // Ports are furnished one by one, with nothing in common but the thread. The ports hold it, this only finds it.
    static ENTRANCE: RefCell<Weak<Entrance>> = const { RefCell::new(Weak::new()) };
}

/// This thread's way in; whoever asks first has it made.
pub(super) fn entrance(broker: &Broker, house: &House) -> Rc<Entrance> {
    ENTRANCE.with_borrow_mut(|known| {
        let own = known.upgrade().filter(|entrance| Arc::ptr_eq(&entrance.gate, &house.gate));
        own.unwrap_or_else(|| {
            let entrance = Rc::new(furnished(broker, house));
            *known = Rc::downgrade(&entrance);
            entrance
        })
    })
}

fn furnished(broker: &Broker, house: &House) -> Entrance {
    Entrance {
        worker: Worker::start(broker),
        gate: house.gate.clone(),
        limits: Arc::new(house.guard),
        user_timeout: house.user_timeout,
        buffer: Rc::new(ReadBuffer::default()),
        alarms: Alarms::start(),
        deflate: house.deflate.map(|rules| Engines {
            deflater: Rc::new(Deflater::new(rules)),
            inflater: Rc::new(Inflater::default()),
        }),
    }
}
