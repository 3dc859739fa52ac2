//! Documents: whatever a provider sends is read or refused, and what is kept of it can always be told in full.

use bytes::Bytes;
use recado::doors::documents::codec::{Asked, read};
use recado_actors::document::awareness::{self, Awareness};
use recado_actors::document::replica::{Applied, Replica};
use recado_actors::id::SessionId;

/// One message after the other to a document that has something in it already.
pub fn message(input: &[u8]) {
    let mut replica = Replica::default();
    replica.apply(&[1, 1, 1, 0, 4, 1, 1, b't', 3, b'x', b'y', b'z', 0]).expect("a change");
    match read(&Bytes::copy_from_slice(input)) {
        Some(Asked::State(state)) => {
            if let Ok(missing) = replica.since(&state) {
                assert!(replica.apply(&missing).is_ok(), "what is told can be read");
            }
        }
        Some(Asked::Change { update, .. }) => change(&mut replica, &update),
        Some(Asked::Show(shown)) => {
            assert_eq!(awareness::read(&awareness::write(&shown)), Some(shown.clone()));
            let mut awareness = Awareness::default();
            let news = awareness.show(SessionId(1), shown);
            assert!(awareness.all().len() <= news.len());
        }
        Some(Asked::AllShown) | None => {}
    }
}

fn change(replica: &mut Replica, update: &[u8]) {
    let before = replica.clone();
    if replica.apply(update) != Ok(Applied::News) {
        assert_eq!(*replica, before, "what is no news changes nothing");
    }
    for _ in 0..2 {
        let mut again = Replica::default();
        assert!(again.apply(&replica.whole()).is_ok(), "what is kept can be read");
        assert_eq!((again.whole(), again.state()), (replica.whole(), replica.state()));
        replica.collect();
    }
}
