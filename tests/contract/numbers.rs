//! Messages in groups: named by numbers that count through all of the store.
//!
//! Each story runs on every store.

use recado_actors::id::{MessageId, RoomId, Seq};
use recado_actors::message::room::EntryBody;
use recado_actors::ports::{Appended, Log};

use crate::people::{NOON, all, append, contents, delete, draft, edit, message_id, numbers, post, room};
use crate::race::race;

/// The names of the messages that were posted.
pub fn ids(answers: &[Appended]) -> Vec<String> {
    let messages = answers.iter().filter_map(|answer| answer.entry.body.message());
    messages.map(|message| message.id.as_str().to_owned()).collect()
}

async fn place(store: &impl Log, id: &str) -> Option<(RoomId, u64)> {
    store.place_of(&message_id(id)).await.unwrap().map(|place| (place.room, place.seq.0))
}

pub async fn messages_in_groups_are_numbered_through_all_groups<S: Log>(store: S) {
    let joined = EntryBody::AgentJoined { agent: crate::people::user("bob"), name: "Bob".into() };
    let mixed = vec![post("group:7", "a", "x"), post("chat", "b", "x"), draft("group:7", None, "j", joined)];
    assert_eq!(ids(&append(&store, mixed).await), ["1", "b"]);
    assert_eq!(ids(&append(&store, vec![post("group:8", "a", "y")]).await), ["2"]);
    assert_eq!(ids(&append(&store, vec![post("group:7", "d", "z")]).await), ["3"]);

    assert_eq!(numbers(&all(&store, "group:7").await), [1, 2, 3]);
    let kept = all(&store, "group:7").await.entries;
    assert_eq!(kept[2].body.message().unwrap().id, MessageId::numbered(3));
}

pub async fn a_number_leads_to_its_place<S: Log>(store: S) {
    append(&store, vec![post("group:7", "a", "x"), post("chat", "9", "x")]).await;
    append(&store, vec![post("group:x", "a", "x")]).await;
    append(&store, vec![post("group:7", "b", "x")]).await;
    assert_eq!(place(&store, "1").await, Some((room("group:7"), 1)));
    assert_eq!(place(&store, "2").await, Some((room("group:x"), 1)));
    assert_eq!(place(&store, "3").await, Some((room("group:7"), 2)));
    for nowhere in ["4", "9", "0", "01", "+1", "1 ", "a", "-1", "18446744073709551615"] {
        assert_eq!(place(&store, nowhere).await, None, "{nowhere}");
    }
}

pub async fn messages_are_counted_and_found_by_how_many_are_newer<S: Log>(store: S) {
    let other = Some("bob");
    let body = |id| EntryBody::MessagePosted { message: crate::people::message(id, "x") };
    append(&store, vec![post("group:7", "a", "x"), draft("group:7", other, "b", body("b"))]).await;
    append(&store, vec![edit("group:7", "1", "y"), post("group:7", "c", "x"), delete("group:7", "3")]).await;
    let seven = room("group:7");
    let unread = async |after, user: &str| {
        store.count_unread(&seven, Seq(after), &crate::people::user(user)).await.unwrap()
    };
    // The third was deleted: it was posted, and nobody has to read it.
    assert_eq!(store.count_posted(&seven).await, Ok(3));
    assert_eq!((unread(0, "nobody").await, unread(1, "nobody").await, unread(2, "nobody").await), (2, 1, 0));
    assert_eq!((unread(0, "bob").await, unread(1, "bob").await), (1, 0));
    let nth = async |newer| store.nth_newest(&seven, newer).await.unwrap();
    assert_eq!((nth(0).await, nth(1).await, nth(2).await), (Some(Seq(4)), Some(Seq(2)), Some(Seq(1))));
    assert_eq!((nth(3).await, nth(u64::MAX).await), (None, None));
    assert_eq!(store.count_posted(&room("group:9")).await, Ok(0));
}

pub async fn a_retry_in_a_group_gets_the_first_number_and_spends_none<S: Log>(store: S) {
    let first = append(&store, vec![post("group:7", "a", "first"), post("group:7", "a", "second")]).await;
    let again = store.append(vec![post("group:7", "a", "third")], NOON.plus_ms(5)).await.unwrap();

    assert_eq!((first[1].duplicate, again[0].duplicate), (true, true));
    assert!(first[0].entry == first[1].entry && first[0].entry == again[0].entry);
    let twice = vec![post("group:7", "a", "retry"), post("group:7", "b", "next")];
    assert_eq!(ids(&append(&store, twice).await), ["1", "2"]);
    assert_eq!(contents(&all(&store, "group:7").await), ["first", "next"]);
}

pub async fn edits_and_deletes_go_by_the_number<S: Log>(store: S) {
    append(&store, vec![post("group:7", "a", "teh"), post("group:7", "b", "other")]).await;
    append(&store, vec![edit("group:7", "1", "the")]).await;
    let find = async |id| store.find(&room("group:7"), &message_id(id)).await.unwrap();
    assert_eq!(find("1").await.unwrap().body.message().unwrap().content, "the");
    assert_eq!(find("a").await, None);

    append(&store, vec![delete("group:7", "1"), post("group:7", "c", "third")]).await;
    assert_eq!(contents(&all(&store, "group:7").await), ["", "other", "", "", "third"]);
    assert!(find("1").await.unwrap().body.message().unwrap().deleted);
    assert_eq!(place(&store, "1").await, Some((room("group:7"), 1)));
    assert_eq!(place(&store, "4").await, None);
}

pub async fn racing_posts_get_a_number_each<S: Log>(store: S) {
    let answers = race(16, |racer| {
        let batch = (0..5).map(|n| post(&format!("group:{}", racer % 3 + 1), &format!("{racer}-{n}"), "x"));
        store.append(batch.collect(), NOON)
    });
    let mut given: Vec<u64> = Vec::new();
    for answer in answers {
        given.extend(ids(&answer.unwrap()).iter().map(|id| id.parse::<u64>().unwrap()));
    }
    given.sort_unstable();
    assert_eq!(given, (1..=80).collect::<Vec<_>>());
}
