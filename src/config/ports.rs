//! The ports a node listens on: the shared one, those for operators, and those that doors have to themselves.
//!
//! It guarantees that no two parts are told the same one.

use super::Config;
use super::doors::Doors;
use super::errors::Contradictions;

/// A door that may have a port of its own.
struct Place {
    name: &'static str,
    setting: &'static str,
    enabled: bool,
    /// 0: none.
    port: u16,
}

impl Doors {
    fn places(&self) -> [Place; 4] {
        let Self { widget, chat, rooms, collab, .. } = self;
        let place = |name, setting, enabled, port| Place { name, setting, enabled, port };
        [
            place("widget", "doors.widget.port", widget.enabled, widget.port),
            place("chat", "doors.chat.port", chat.enabled, chat.port),
            place("rooms", "doors.rooms.port", rooms.enabled, rooms.port),
            place("collab", "doors.collab.port", collab.enabled, collab.port),
        ]
    }

    /// The open doors that have a port of their own: name and port.
    pub fn own_ports(&self) -> impl Iterator<Item = (&'static str, u16)> {
        let own = self.places().into_iter().filter(|place| place.enabled && place.port != 0);
        own.map(|place| (place.name, place.port))
    }

    /// The name of the open door, if it is the only one: the shared port is its own then.
    pub fn only(&self) -> Option<&'static str> {
        let others = self.events.enabled || self.documents.enabled;
        let mut open = self.places().into_iter().filter(|place| place.enabled);
        let first = open.next().filter(|_| !others)?;
        open.next().is_none().then_some(first.name)
    }

    /// Is there any way in?
    pub(super) fn all_shut(&self) -> bool {
        let others = self.events.enabled || self.documents.enabled;
        !others && self.places().iter().all(|place| !place.enabled)
    }

    pub(super) fn ports_of_nobody(&self) -> impl Iterator<Item = String> {
        let idle = self.places().into_iter().filter(|place| !place.enabled && place.port != 0);
        idle.map(|place| format!("{}: is not listened on, the door is shut", place.setting))
    }
}

pub(super) fn contradictions(config: &Config, found: &mut Contradictions) {
    let doors = config.doors.places();
    let fixed = [
        ("server.port", config.server.port),
        ("internal.port", config.internal.port),
        ("metrics.port", config.metrics.port),
    ];
    let open = doors.iter().filter(|place| place.enabled).map(|place| (place.setting, place.port));
    let mut taken: Vec<(&'static str, u16)> = Vec::new();
    for (setting, port) in fixed.into_iter().chain(open).filter(|(_, port)| *port != 0) {
        match taken.iter().find(|(_, other)| *other == port) {
            Some((other, _)) => {
                found.against(&[setting, other], format!("{port} is {other} as well; each needs its own"));
            }
            None => taken.push((setting, port)),
        }
    }
}
