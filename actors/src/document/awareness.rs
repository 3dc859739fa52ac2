//! Who shows what beside a document: a cursor, a name. The newest of each client, for as long as its socket is there.
//!
//! Nobody takes back what another's socket shows, and what was taken back does not come again late. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::IgnoredAny;

use super::lib0::{Lib0, put_bytes, put_number};
use crate::id::SessionId;

/// The most that one client may show, in bytes.
const STATE_BYTES: usize = 16 << 10;
/// As many clients may speak through one socket.
const CLIENTS: usize = 8;
/// So many of those who left are remembered.
const LEFT: usize = 1024;
const NOTHING: &str = "null";

/// What one client shows from this clock on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub client: u64,
    pub clock: u64,
    /// JSON; none: it shows nothing any more.
    pub state: Option<Arc<str>>,
}

/// None: the bytes are no such message, or one shows too much.
pub fn read(bytes: &[u8]) -> Option<Vec<Shown>> {
    let mut read = Lib0::new(bytes);
    let mut all = Vec::new();
    for _ in 0..read.count(3)? {
        let (client, clock, text) = (read.number()?, read.number()?, read.text()?);
        let sound = text.len() <= STATE_BYTES && serde_json::from_str::<IgnoredAny>(text).is_ok();
        let state = (text != NOTHING).then(|| text.into());
        all.push(Shown { client, clock, state: Some(state).filter(|_| sound)? });
    }
    read.is_empty().then_some(all)
}

pub fn write(all: &[Shown]) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, u64::try_from(all.len()).unwrap_or_default());
    for shown in all {
        put_number(&mut out, shown.client);
        put_number(&mut out, shown.clock);
        put_bytes(&mut out, shown.state.as_deref().unwrap_or(NOTHING).as_bytes());
    }
    out
}

struct Known {
    clock: u64,
    state: Option<Arc<str>>,
    by: SessionId,
}

#[derive(Default)]
pub struct Awareness(BTreeMap<u64, Known>);

impl Awareness {
    /// Takes in what came through a socket; what of it is news.
    pub fn show(&mut self, by: SessionId, all: Vec<Shown>) -> Vec<Shown> {
        let mut news = Vec::new();
        for shown in all {
            if self.is_news(by, &shown) {
                let Shown { client, clock, state } = shown.clone();
                self.0.insert(client, Known { clock, state, by });
                news.push(shown);
            }
        }
        self.forget();
        news
    }

    fn is_news(&self, by: SessionId, shown: &Shown) -> bool {
        let known = self.0.get(&shown.client);
        if shown.state.is_none() {
            // Clients tell each other's silence on, too: only its own socket is believed.
            return known
                .is_some_and(|known| known.by == by && known.state.is_some() && shown.clock >= known.clock);
        }
        let newer = known.is_none_or(|known| shown.clock > known.clock);
        newer && (known.is_some_and(|known| known.by == by) || self.of(by).count() < CLIENTS)
    }

    fn of(&self, by: SessionId) -> impl Iterator<Item = (&u64, &Known)> {
        self.0.iter().filter(move |(_, known)| known.by == by && known.state.is_some())
    }

    /// A socket is gone: what it showed is over.
    pub fn leave(&mut self, by: SessionId) -> Vec<Shown> {
        let clients: Vec<u64> = self.of(by).map(|(client, _)| *client).collect();
        let mut over = Vec::new();
        for client in clients {
            if let Some(known) = self.0.get_mut(&client) {
                known.clock = known.clock.saturating_add(1);
                known.state = None;
                over.push(Shown { client, clock: known.clock, state: None });
            }
        }
        over
    }

    /// What everybody shows.
    pub fn all(&self) -> Vec<Shown> {
        let showing = self.0.iter().filter(|(_, known)| known.state.is_some());
        showing
            .map(|(client, known)| Shown { client: *client, clock: known.clock, state: known.state.clone() })
            .collect()
    }

    fn forget(&mut self) {
        if self.0.len() <= LEFT {
            return;
        }
        let left = self.0.values().filter(|known| known.state.is_none()).count();
        if left > LEFT {
            self.0.retain(|_, known| known.state.is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANN: SessionId = SessionId(1);
    const BOB: SessionId = SessionId(2);

    fn shown(client: u64, clock: u64, state: Option<&str>) -> Shown {
        Shown { client, clock, state: state.map(Into::into) }
    }

    #[test]
    fn the_newest_of_a_client_is_what_it_shows() {
        let mut awareness = Awareness::default();
        let (first, second) = (shown(7, 1, Some("1")), shown(7, 2, Some("2")));
        assert_eq!(awareness.show(ANN, vec![first.clone()]), vec![first.clone()]);
        // As clients do, bob tells on what he heard.
        assert_eq!(awareness.show(BOB, vec![first.clone()]), []);
        assert_eq!(awareness.show(ANN, vec![second.clone(), first]), vec![second.clone()]);
        assert_eq!(awareness.all(), [second]);
    }

    #[test]
    fn what_a_socket_showed_is_over_when_it_is_gone_and_does_not_come_again() {
        let mut awareness = Awareness::default();
        let (ann, bob) = (shown(7, 5, Some("{}")), shown(8, 1, Some("{}")));
        awareness.show(ANN, vec![ann.clone()]);
        awareness.show(BOB, vec![bob.clone()]);
        assert_eq!(awareness.show(BOB, vec![shown(7, 9, None)]), [], "nobody silences another");
        assert_eq!(awareness.leave(ANN), [shown(7, 6, None)]);
        assert_eq!(awareness.leave(ANN), []);
        assert_eq!(awareness.show(BOB, vec![ann]), [], "what is told on comes too late");
        assert_eq!(awareness.all(), [bob]);
        assert_eq!(awareness.show(BOB, vec![shown(8, 1, None)]), [shown(8, 1, None)]);
    }

    #[test]
    fn one_socket_speaks_for_few_clients() {
        let mut awareness = Awareness::default();
        let crowd: Vec<_> = (0..100).map(|client| shown(client, 1, Some("1"))).collect();
        assert_eq!(awareness.show(ANN, crowd).len(), CLIENTS);
        for client in 1000..5000 {
            awareness.show(BOB, vec![shown(client, 1, Some("1"))]);
            awareness.leave(BOB);
        }
        assert!(awareness.0.len() <= LEFT + CLIENTS + 1);
    }

    #[test]
    fn only_json_of_a_reasonable_size_is_shown() {
        let told = |state: &str| read(&write(&[shown(1, 1, Some(state))]));
        assert!(told(r#"{"user":{"name":"ann"}}"#).is_some());
        assert_eq!(told("null"), Some(vec![shown(1, 1, None)]));
        assert_eq!(told("no json"), None);
        assert_eq!(told(&format!("\"{}\"", "x".repeat(STATE_BYTES))), None);
        assert_eq!(read(&[200]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(all) = read(&bytes) {
                prop_assert_eq!(read(&write(&all)), Some(all));
            }
        }
    }
}
