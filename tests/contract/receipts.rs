//! Receipts: watermarks that only rise.
//!
//! Each story runs on every store.

use recado_actors::id::Seq;
use recado_actors::message::receipt::{Receipt, Watermark};
use recado_actors::ports::Receipts;

use crate::people::{room, user};

pub fn receipt(place: &str, who: &str, delivered: u64, read: u64) -> Receipt {
    let mark = Watermark { delivered: Seq(delivered), read: Seq(read) };
    Receipt { room: room(place), user: user(who), mark }
}

pub async fn receipts_merge_by_the_greater<S: Receipts>(store: S) {
    let early = vec![receipt("a", "ann", 5, 3), receipt("a", "ann", 4, 4), receipt("a", "bob", 1, 0)];
    store.save(early).await.unwrap();
    store.save(vec![receipt("a", "ann", 2, 1), receipt("b", "ann", 9, 9)]).await.unwrap();
    store.save(Vec::new()).await.unwrap();

    let loaded = store.load(&room("a")).await.unwrap();
    assert_eq!(loaded, [receipt("a", "ann", 5, 4), receipt("a", "bob", 1, 0)]);
    assert_eq!(store.load(&room("nowhere")).await.unwrap(), []);
}

pub async fn what_is_read_is_delivered<S: Receipts>(store: S) {
    store.save(vec![receipt("a", "ann", 0, 7)]).await.unwrap();
    assert_eq!(store.load(&room("a")).await.unwrap(), [receipt("a", "ann", 7, 7)]);
    store.save(vec![receipt("a", "ann", 1, 9)]).await.unwrap();
    assert_eq!(store.load(&room("a")).await.unwrap(), [receipt("a", "ann", 9, 9)]);
}
