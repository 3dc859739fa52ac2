//! Messages found by what they say.
//!
//! Each story runs on every store.

use recado_actors::id::Seq;
use recado_actors::ports::Log;
use recado_actors::ports::search::{Found, LOOKS};

use crate::people::{append, delete, edit, post, room};

const END: Seq = Seq(u64::MAX);

async fn look(store: &impl Log, place: &str, text: &str, before: Seq, limit: usize) -> Found {
    store.search(&room(place), text, before, limit).await.unwrap()
}

/// What is found, oldest first.
async fn found(store: &impl Log, place: &str, text: &str) -> Vec<String> {
    let found = look(store, place, text, END, 100).await;
    assert_eq!(found.rest, None, "{text}");
    found.entries.iter().map(|entry| entry.body.message().unwrap().content.clone()).collect()
}

async fn say(store: &impl Log, place: &str, texts: &[&str]) {
    let posts = texts.iter().enumerate().map(|(n, text)| post(place, &format!("{place} {n}"), text));
    append(store, posts.collect()).await;
}

pub async fn messages_are_found_by_any_part_whatever_case_and_accents<S: Log>(store: S) {
    // Chats have no index: there every message is read.
    for place in ["group:7", "a"] {
        let said =
            ["Ação imediata", "reaCAO em cadeia", "你好世界", "ok", "\"AND\" NOT (x*)", "100% a_b", "👋🏽 oi"];
        say(&store, place, &said).await;
        let found = async |text| found(&store, place, text).await;
        assert_eq!(found("ACAO").await, [said[0], said[1]]);
        assert_eq!(found("ção i").await, [said[0]]);
        assert_eq!(
            (found("好世").await, found("你好世界").await),
            (vec![said[2].into()], vec![said[2].into()])
        );
        assert_eq!((found("K").await, found("ok").await), (vec!["ok".to_owned()], vec!["ok".to_owned()]));
        assert_eq!(
            (found("\"and\"").await, found("(X*)").await),
            (vec![said[4].into()], vec![said[4].into()])
        );
        assert_eq!((found("0% a_").await, found("👋🏽 o").await), (vec![said[5].into()], vec![said[6].into()]));
        for text in ["", "\u{301}", "acaoo", "%%%", "a*b", "x OR ok", "\0\0\0", "\u{f0000}\u{f0000}\u{f0001}"]
        {
            assert_eq!(found(text).await, [""; 0], "{text:?}");
        }
    }
}

pub async fn a_search_stays_in_its_room<S: Log>(store: S) {
    say(&store, "group:1", &["the same words"]).await;
    say(&store, "group:2", &["the same words", "and the same again"]).await;
    assert_eq!(found(&store, "group:1", "same").await, ["the same words"]);
    assert_eq!(found(&store, "group:2", "same").await.len(), 2);
    assert_eq!(found(&store, "group:3", "same").await, [""; 0]);
}

pub async fn what_was_edited_is_found_as_it_reads_now<S: Log>(store: S) {
    say(&store, "group:7", &["first words", "other"]).await;
    append(&store, vec![edit("group:7", "1", "second words")]).await;
    append(&store, vec![edit("group:7", "1", "third words"), edit("group:7", "9", "no such words")]).await;
    // Another room's messages are not changed from here.
    append(&store, vec![edit("group:8", "2", "a trick"), delete("group:8", "2")]).await;

    assert_eq!(found(&store, "group:7", "words").await, ["third words"]);
    assert_eq!(found(&store, "group:7", "first").await, [""; 0]);
    assert_eq!(found(&store, "group:7", "second").await, [""; 0]);
    assert_eq!(found(&store, "group:7", "other").await, ["other"]);
    assert_eq!(look(&store, "group:7", "third", END, 9).await.entries[0].seq, Seq(1));
}

pub async fn what_was_withdrawn_is_not_found<S: Log>(store: S) {
    say(&store, "group:7", &["a secret", "a secret too", "ab"]).await;
    append(&store, vec![edit("group:7", "2", "the secret"), delete("group:7", "2"), delete("group:7", "1")])
        .await;
    append(
        &store,
        vec![delete("group:7", "3"), post("group:7", "d", "secret in vain"), delete("group:7", "4")],
    )
    .await;
    for text in ["secret", "ab", "a", "the"] {
        assert_eq!(found(&store, "group:7", text).await, [""; 0], "{text}");
    }
    append(&store, vec![post("group:7", "e", "no secret")]).await;
    assert_eq!(found(&store, "group:7", "secret").await, ["no secret"]);
}

pub async fn a_search_goes_on_where_it_ended<S: Log>(store: S) {
    for place in ["group:7", "a"] {
        let said: Vec<String> =
            (1..=9).map(|n| format!("{} {n}", if n % 2 == 1 { "odd" } else { "even" })).collect();
        say(&store, place, &said.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let page = async |before, limit| {
            let found = look(&store, place, "odd", before, limit).await;
            (found.entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), found.rest)
        };
        assert_eq!(page(END, 2).await, (vec![7, 9], Some(Seq(7))));
        assert_eq!(page(Seq(7), 2).await, (vec![3, 5], Some(Seq(3))));
        assert_eq!(page(Seq(3), 2).await, (vec![1], None));
        assert_eq!(page(Seq(1), 2).await, (vec![], None));
        assert_eq!(page(Seq(6), 5).await, (vec![1, 3, 5], None));
        assert_eq!(page(END, 0).await, (vec![], Some(Seq(10))));
    }
}

pub async fn a_search_that_finds_nothing_ends_all_the_same<S: Log>(store: S) {
    let mut batch: Vec<_> = (0..=LOOKS).map(|n| post("a", &n.to_string(), "hay")).collect();
    batch[0] = post("a", "needle", "a needle");
    append(&store, batch).await;
    let first = look(&store, "a", "needle", END, 9).await;
    assert_eq!((first.entries.len(), first.rest), (0, Some(Seq(2))));
    let second = look(&store, "a", "needle", Seq(2), 9).await;
    assert_eq!((second.entries.len(), second.rest), (1, None));
}
