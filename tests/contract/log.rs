//! The log: numbers, batches, retries, pages.
//!
//! Each story runs on every store.

use recado_actors::id::Seq;
use recado_actors::message::room::EntryBody;
use recado_actors::ports::{Log, Stretch};

use crate::people::{NOON, all, append, contents, draft, numbers, post, room};
use crate::race::race;

pub async fn numbers_run_from_1_in_each_room<S: Log>(store: S) {
    let mixed = vec![post("a", "1", "x"), post("b", "1", "x"), post("a", "2", "y"), post("b", "2", "y")];
    let answers = append(&store, mixed).await;
    append(&store, vec![post("a", "3", "z")]).await;

    assert_eq!(answers.iter().map(|a| a.entry.seq.0).collect::<Vec<_>>(), [1, 1, 2, 2]);
    assert!(answers.iter().all(|a| !a.duplicate));
    assert_eq!(numbers(&all(&store, "a").await), [1, 2, 3]);
    assert_eq!(contents(&all(&store, "b").await), ["x", "y"]);
    assert_eq!(store.head(&room("a")).await.unwrap().seq, Seq(3));
}

pub async fn what_is_read_is_what_was_answered<S: Log>(store: S) {
    let joined =
        EntryBody::AgentJoined { agent: crate::people::user("bob"), name: "Bob \0 \u{1F600}".into() };
    let batch =
        vec![post("a", "1", "olá \"x\"\n"), draft("a", None, "j", joined), crate::people::edit("a", "1", "")];
    let answers = append(&store, batch).await;

    let page = all(&store, "a").await;
    assert_eq!(page.entries, answers.iter().map(|a| a.entry.clone()).collect::<Vec<_>>());
    assert!(answers.iter().all(|a| a.epoch == page.epoch));
    assert!(!page.more);
}

pub async fn a_room_never_written_to_stands_at_the_start<S: Log>(store: S) {
    append(&store, vec![post("a", "1", "x")]).await;
    let head = store.head(&room("nowhere")).await.unwrap();
    let known = store.head(&room("a")).await.unwrap();

    assert_eq!((head.seq, head.closed, head.epoch), (Seq::START, false, known.epoch));
    let page = all(&store, "nowhere").await;
    assert_eq!((page.entries.len(), page.more, page.epoch), (0, false, known.epoch));
    assert_eq!(store.messages(&room("nowhere"), Seq(9), 5).await.unwrap(), page);
    assert_eq!(store.append(Vec::new(), NOON).await.unwrap(), []);
}

pub async fn a_retry_gets_the_first_answer<S: Log>(store: S) {
    let first = append(&store, vec![post("a", "1", "first")]).await;
    let again = store.append(vec![post("a", "1", "second")], NOON.plus_ms(5)).await.unwrap();

    assert!(again[0].duplicate);
    assert_eq!((&again[0].entry, again[0].epoch), (&first[0].entry, first[0].epoch));
    assert_eq!(contents(&all(&store, "a").await), ["first"]);
}

pub async fn a_retry_in_the_same_batch_gets_the_first_answer<S: Log>(store: S) {
    let twice = vec![post("a", "1", "first"), post("a", "2", "next"), post("a", "1", "second")];
    let answers = append(&store, twice).await;

    assert_eq!(answers.iter().map(|a| a.entry.seq.0).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(answers.iter().map(|a| a.duplicate).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(contents(&all(&store, "a").await), ["first", "next"]);
}

/// By whose hand it comes the second time makes no difference; a message we name ourselves is not on record.
pub async fn a_message_on_record_is_posted_once<S: Log>(store: S) {
    let by = |name: Option<&str>, client_id: &str, content: &str| {
        draft(
            "a",
            name,
            client_id,
            EntryBody::MessagePosted { message: crate::people::message("m1", content) },
        )
    };
    let answers =
        append(&store, vec![crate::people::edit("a", "m1", "early"), by(Some("ann"), "m1", "first")]).await;
    assert!(answers.iter().all(|answer| !answer.duplicate));
    let again = append(&store, vec![by(Some("bob"), "m1", "second"), by(None, "m1", "third")]).await;
    assert!(again.iter().all(|answer| answer.duplicate && answer.entry == answers[1].entry));
    assert!(!append(&store, vec![by(Some("bob"), "mine", "fourth")]).await[0].duplicate);
    assert_eq!(contents(&all(&store, "a").await), ["early", "first", "fourth"]);
}

pub async fn a_client_id_belongs_to_one_sender_in_one_room<S: Log>(store: S) {
    let body = |id| EntryBody::MessagePosted { message: crate::people::message(id, id) };
    let batch = vec![
        draft("a", Some("ann"), "same", body("1")),
        draft("a", Some("bob"), "same", body("2")),
        draft("a", None, "same", body("3")),
        draft("b", Some("ann"), "same", body("4")),
        draft("a", None, "same", body("5")),
    ];
    let answers = append(&store, batch).await;
    assert_eq!(answers.iter().map(|a| a.duplicate).collect::<Vec<_>>(), [false, false, false, false, true]);
}

pub async fn racing_retries_make_one_entry_and_equal_answers<S: Log>(store: S) {
    let answers = race(64, |racer| store.append(vec![post("a", "same", &format!("racer {racer}"))], NOON));
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().remove(0)).collect();

    assert_eq!(answers.iter().filter(|a| !a.duplicate).count(), 1);
    assert!(answers.iter().all(|a| a.entry == answers[0].entry));
    assert_eq!(numbers(&all(&store, "a").await), [1]);
}

pub async fn racing_posts_leave_no_hole<S: Log>(store: S) {
    let answers = race(16, |racer| {
        let batch = (0..5).map(|n| post("a", &format!("{racer}-{n}"), "x")).collect();
        store.append(batch, NOON)
    });
    for answer in answers {
        // A batch stands together.
        let seqs: Vec<u64> = answer.unwrap().iter().map(|a| a.entry.seq.0).collect();
        assert_eq!(seqs, (seqs[0]..seqs[0] + 5).collect::<Vec<_>>());
    }
    assert_eq!(numbers(&all(&store, "a").await), (1..=80).collect::<Vec<_>>());
}

pub async fn pages_go_forward_and_backward_and_say_whether_there_is_more<S: Log>(store: S) {
    let ten = (1..=10).map(|n| post("a", &n.to_string(), "x")).collect();
    append(&store, ten).await;
    let page = async |stretch, limit| {
        let page = store.read(&room("a"), stretch, limit).await.unwrap();
        (numbers(&page), page.more)
    };

    assert_eq!(page(Stretch::After(Seq(0)), 4).await, (vec![1, 2, 3, 4], true));
    assert_eq!(page(Stretch::After(Seq(6)), 4).await, (vec![7, 8, 9, 10], false));
    assert_eq!(page(Stretch::After(Seq(10)), 4).await, (vec![], false));
    assert_eq!(page(Stretch::After(Seq(u64::MAX)), 4).await, (vec![], false));
    assert_eq!(page(Stretch::Before(Seq(u64::MAX)), 3).await, (vec![8, 9, 10], true));
    assert_eq!(page(Stretch::Before(Seq(4)), 3).await, (vec![1, 2, 3], false));
    assert_eq!(page(Stretch::Before(Seq(5)), 3).await, (vec![2, 3, 4], true));
    assert_eq!(page(Stretch::Before(Seq(1)), 3).await, (vec![], false));
    assert_eq!(page(Stretch::Before(Seq(0)), 3).await, (vec![], false));
    assert_eq!(page(Stretch::After(Seq(0)), 0).await, (vec![], true));
    assert_eq!(page(Stretch::Before(Seq(3)), 0).await, (vec![], true));
}

pub async fn closing_and_reopening_show_in_the_head<S: Log>(store: S) {
    let closed = async || store.head(&room("a")).await.unwrap().closed;
    append(&store, vec![post("a", "1", "x")]).await;
    assert!(!closed().await);
    append(&store, vec![draft("a", None, "c1", EntryBody::RoomClosed)]).await;
    assert!(closed().await);
    append(&store, vec![post("a", "2", "x")]).await;
    assert!(closed().await);
    append(&store, vec![draft("a", None, "o1", EntryBody::RoomReopened)]).await;
    assert!(!closed().await);
    // The retry of the close is no second close.
    append(&store, vec![draft("a", None, "c1", EntryBody::RoomClosed)]).await;
    assert!(!closed().await);
    assert_eq!(store.head(&room("a")).await.unwrap().seq, Seq(4));
}

pub async fn a_probe_leaves_no_entry_behind<S: Log>(store: S) {
    append(&store, vec![post("a", "1", "x")]).await;
    let before = all(&store, "a").await;
    store.probe().await.unwrap();
    store.probe().await.unwrap();
    assert_eq!(all(&store, "a").await, before);
}
