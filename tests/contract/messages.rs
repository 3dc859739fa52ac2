//! Messages over their entries: how they stand today, and what is left of them once deleted.
//!
//! Each story runs on every store.

use recado_actors::id::Seq;
use recado_actors::message::room::EntryBody;
use recado_actors::ports::Log;

use crate::people::{all, append, contents, delete, draft, edit, message_id, numbers, post, room};

pub async fn history_shows_messages_as_they_stand<S: Log>(store: S) {
    let joined = EntryBody::AgentJoined { agent: crate::people::user("bob"), name: "Bob".into() };
    append(&store, vec![post("a", "1", "one"), draft("a", None, "j", joined), post("a", "2", "two")]).await;
    append(&store, vec![edit("a", "1", "one, mended"), post("a", "3", "three"), delete("a", "2")]).await;

    let page = store.messages(&room("a"), Seq(u64::MAX), 10).await.unwrap();
    assert_eq!(numbers(&page), [1, 3, 5]);
    assert_eq!(contents(&page), ["one, mended", "", "three"]);
    assert!(page.entries.iter().all(|entry| matches!(entry.body, EntryBody::MessagePosted { .. })));
    let marks: Vec<_> = page.entries.iter().filter_map(|entry| entry.body.message()).collect();
    assert!(marks[0].updated_at.is_some() && !marks[0].deleted);
    assert!(marks[1].deleted && !marks[2].deleted);
    assert!(!page.more);
}

pub async fn history_pages_count_messages_only<S: Log>(store: S) {
    for n in 1..=6 {
        append(&store, vec![post("a", &n.to_string(), "x"), edit("a", &n.to_string(), "y")]).await;
    }
    let page = async |before, limit| {
        let page = store.messages(&room("a"), Seq(before), limit).await.unwrap();
        (numbers(&page), page.more)
    };

    assert_eq!(page(u64::MAX, 2).await, (vec![9, 11], true));
    assert_eq!(page(9, 3).await, (vec![3, 5, 7], true));
    assert_eq!(page(3, 3).await, (vec![1], false));
    assert_eq!(page(1, 3).await, (vec![], false));
    assert_eq!(page(12, 6).await, (vec![1, 3, 5, 7, 9, 11], false));
    assert_eq!(page(12, 0).await, (vec![], true));
}

pub async fn a_message_is_found_by_its_newest_entry<S: Log>(store: S) {
    append(&store, vec![post("a", "1", "one"), edit("a", "1", "two"), post("b", "2", "elsewhere")]).await;
    let found = async |place, id| store.find(&room(place), &message_id(id)).await.unwrap();

    let newest = found("a", "1").await.unwrap();
    assert_eq!((newest.seq, newest.body.message().unwrap().content.as_str()), (Seq(2), "two"));
    append(&store, vec![delete("a", "1")]).await;
    let newest = found("a", "1").await.unwrap();
    assert!(newest.seq == Seq(3) && matches!(newest.body, EntryBody::MessageDeleted { .. }));
    assert_eq!(found("a", "2").await, None);
    assert_eq!(found("nowhere", "1").await, None);
}

pub async fn a_delete_withdraws_the_content_everywhere<S: Log>(store: S) {
    append(&store, vec![post("a", "1", "secret"), edit("a", "1", "still secret"), post("a", "2", "kept")])
        .await;
    append(&store, vec![delete("a", "1")]).await;

    let page = all(&store, "a").await;
    assert_eq!(contents(&page), ["", "", "kept", ""]);
    let marks: Vec<bool> =
        page.entries.iter().filter_map(|entry| entry.body.message()).map(|m| m.deleted).collect();
    assert_eq!(marks, [true, true, false, true]);
    let retry = append(&store, vec![post("a", "1", "secret")]).await;
    assert_eq!(retry[0].entry, page.entries[0]);
    assert_eq!(contents(&store.messages(&room("a"), Seq(9), 9).await.unwrap()), ["", "kept"]);
}

pub async fn a_delete_withdraws_what_its_own_batch_said<S: Log>(store: S) {
    let mut talkative = delete("a", "1");
    if let EntryBody::MessageDeleted { message } = &mut talkative.body {
        message.content = "secret".into();
        message.deleted = false;
    }
    let answers = append(&store, vec![post("a", "1", "secret"), talkative]).await;

    assert_eq!(answers[1].entry.body.message().unwrap().content, "");
    assert_eq!(contents(&all(&store, "a").await), ["", ""]);
}

pub async fn a_delete_touches_no_other_room<S: Log>(store: S) {
    append(&store, vec![post("a", "1", "mine"), post("b", "1", "yours")]).await;
    append(&store, vec![delete("a", "1")]).await;
    assert_eq!(contents(&all(&store, "b").await), ["yours"]);
}
