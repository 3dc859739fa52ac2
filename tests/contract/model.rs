//! Random lives of a store: SQLite must answer exactly as the store in memory does.
//!
//! Closing and reopening the file in between makes no difference.

use proptest::prelude::*;
use recado::store::sqlite::SqliteStore;
use recado_actors::id::Seq;
use recado_actors::message::room::EntryBody;
use recado_actors::ports::memory::MemoryStore;
use recado_actors::ports::{Book, Draft, Log, Receipts, Stretch};

use crate::people::{NOON, delete, draft, edit, message_id, post, room, within};
use crate::{book, receipts};

#[derive(Debug, Clone)]
enum Act {
    Append(Vec<Draft>),
    Head(String),
    Read(String, Stretch, usize),
    Messages(String, u64, usize),
    Find(String, String),
    Place(String),
    Search(String, String, u64, usize),
    Mark(String, String, u64, u64),
    Marks(String),
    Ban(Option<String>, Option<String>),
    Lift(Option<String>, Option<String>),
    Spend(String, i64),
    Answer(String, String),
    Reopen,
}

/// The answer of any store, as text, so that two stores can be compared.
async fn act<S: Log + Receipts + Book>(store: &S, act: Act) -> String {
    match act {
        Act::Append(batch) => format!("{:?}", store.append(batch, NOON).await),
        Act::Head(place) => format!("{:?}", store.head(&room(&place)).await),
        Act::Read(place, stretch, limit) => format!("{:?}", store.read(&room(&place), stretch, limit).await),
        Act::Messages(place, before, limit) => {
            format!("{:?}", store.messages(&room(&place), Seq(before), limit).await)
        }
        Act::Find(place, id) => format!("{:?}", store.find(&room(&place), &message_id(&id)).await),
        Act::Place(id) => format!("{:?}", store.place_of(&message_id(&id)).await),
        Act::Search(place, text, before, limit) => {
            format!("{:?}", store.search(&room(&place), &text, Seq(before), limit).await)
        }
        Act::Mark(place, who, delivered, read) => {
            format!("{:?}", store.save(vec![receipts::receipt(&place, &who, delivered, read)]).await)
        }
        Act::Marks(place) => format!("{:?}", store.load(&room(&place)).await),
        Act::Ban(who, place) => {
            let ban = book::ban(who.as_deref(), None, place.as_deref(), Some(1));
            format!("{:?} {:?}", store.add_ban(ban).await, book::bans(store).await)
        }
        Act::Lift(who, place) => {
            let ban = book::ban(who.as_deref(), None, place.as_deref(), None);
            format!("{:?} {:?}", store.lift_ban(ban).await, book::bans(store).await)
        }
        Act::Spend(id, ms) => format!("{:?}", store.spend_ticket(id, NOON.plus_ms(ms), NOON).await),
        Act::Answer(key, body) => {
            let given = store.remember_answer(book::answer(&key, &body, NOON)).await;
            format!("{given:?} {:?}", store.keyed_answer(key, NOON).await)
        }
        Act::Reopen => String::new(),
    }
}

/// One group only: memory takes the rooms of a batch in no order.
fn place() -> impl Strategy<Value = String> {
    prop_oneof!["[abc]", Just("group:7".to_owned())]
}

fn any_draft() -> impl Strategy<Value = Draft> {
    (place(), "[1-5]", "[a-cã]{0,6}", 0..9u8).prop_map(|(place, id, text, what)| match what {
        0..4 => post(&place, &id, &text),
        4 | 5 => edit(&place, &id, &text),
        6 => delete(&place, &id),
        7 => draft(&place, None, &format!("close {text}"), EntryBody::RoomClosed),
        _ => draft(&place, None, &format!("open {text}"), EntryBody::RoomReopened),
    })
}

fn any_act() -> impl Strategy<Value = Act> {
    let stretch = prop_oneof![
        (0..40u64).prop_map(|seq| Stretch::After(Seq(seq))),
        (0..40u64).prop_map(|seq| Stretch::Before(Seq(seq)))
    ];
    let name = || proptest::option::of("[xy]");
    prop_oneof![
        8 => prop::collection::vec(any_draft(), 0..6).prop_map(Act::Append),
        1 => place().prop_map(Act::Head),
        3 => (place(), stretch, 0..9usize).prop_map(|(place, stretch, limit)| Act::Read(place, stretch, limit)),
        3 => (place(), 0..40u64, 0..9usize).prop_map(|(place, seq, limit)| Act::Messages(place, seq, limit)),
        2 => (place(), "[1-5]").prop_map(|(place, id)| Act::Find(place, id)),
        1 => "[0-9]".prop_map(Act::Place),
        3 => (place(), "[a-cã]{0,4}", 0..40u64, 0..5usize)
            .prop_map(|(place, text, before, limit)| Act::Search(place, text, before, limit)),
        2 => ("[ab]", "[xy]", 0..9u64, 0..9u64).prop_map(|(place, who, d, r)| Act::Mark(place, who, d, r)),
        1 => "[abc]".prop_map(Act::Marks),
        1 => (name(), name()).prop_map(|(who, place)| Act::Ban(who, place)),
        1 => (name(), name()).prop_map(|(who, place)| Act::Lift(who, place)),
        1 => ("[1-3]", -1..2i64).prop_map(|(id, ms)| Act::Spend(id, ms)),
        1 => ("[1-3]", "[a-z]").prop_map(|(key, body)| Act::Answer(key, body)),
        1 => Just(Act::Reopen),
    ]
}

async fn live_alike(acts: Vec<Act>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("recado.db");
    let mut sqlite = SqliteStore::open(&path, 2).unwrap();
    let memory = MemoryStore::new(sqlite.epoch());
    for next in acts {
        if matches!(next, Act::Reopen) {
            assert!(sqlite.close().await);
            sqlite = SqliteStore::open(&path, 2).unwrap();
        }
        assert_eq!(act(&sqlite, next.clone()).await, act(&memory, next.clone()).await, "{next:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_and_memory_live_alike(acts in prop::collection::vec(any_act(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(within(live_alike(acts)));
    }
}
