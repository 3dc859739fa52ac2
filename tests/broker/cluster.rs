//! One chat over three nodes of one process: a store they share, and an exchange that can be cut.
//!
//! All hear one order, each thing once; what a cut kept back comes with the next message.

use std::sync::Arc;

use futures_util::future::join_all;
use recado::app::World;
use recado_actors::id::Epoch;
use recado_actors::ports::Ports;
use recado_actors::ports::memory::{MemoryBackplane, MemoryExchange, MemoryStore};
use recado_actors::supervisor::RESTART_LIMIT;
use serde_json::json;

use crate::house::House;
use crate::minutes::{all_hear_the_same, all_leave};
use crate::person::Person;

struct Node {
    house: House,
    link: MemoryBackplane,
}

async fn three_nodes() -> [Node; 3] {
    let (store, exchange) = (Arc::new(MemoryStore::new(Epoch(7))), MemoryExchange::new());
    let node = async || {
        let link = exchange.connect();
        let ports = Ports {
            log: store.clone(),
            receipts: store.clone(),
            book: store.clone(),
            people: store.clone(),
            backplane: Some(Arc::new(link.clone())),
            backend: None,
            webhooks: None,
        };
        let world = World { ports: Some(ports), ..World::default() };
        Node { house: House::in_world(&[], world).await, link }
    };
    [node().await, node().await, node().await]
}

/// Somebody who surely sits in the chat.
async fn enters(node: &Node, user: &str) -> Person {
    let mut person = node.house.widget_with_extras(user, "chat_1").await;
    person.settles().await;
    person
}

async fn one_on_each(nodes: &[Node; 3]) -> [Person; 3] {
    [enters(&nodes[0], "ann").await, enters(&nodes[1], "bob").await, enters(&nodes[2], "carl").await]
}

async fn all_end(people: impl IntoIterator<Item = Person>, nodes: [Node; 3]) {
    all_leave(people).await;
    for node in nodes {
        node.house.ends().await;
    }
}

#[actix_web::test]
async fn people_on_three_nodes_hear_one_order() {
    let nodes = three_nodes().await;
    let mut people = one_on_each(&nodes).await;
    let posting = people.iter_mut().zip(["ann", "bob", "carl"]).map(async |(person, name)| {
        person.insists_on_many(name, 50).await;
    });
    join_all(posting).await;
    // What a node missed by then comes with the next message at the latest.
    people[0].insists("and that was all", "last").await;
    all_hear_the_same(&mut people, 1, 151).await;
    all_end(people, nodes).await;
}

#[actix_web::test]
async fn typing_crosses_and_stops_everywhere() {
    let nodes = three_nodes().await;
    let [mut ann, mut bob, mut carl] = one_on_each(&nodes).await;
    for is_typing in [true, false] {
        ann.sends(json!({ "type": "typing", "isTyping": is_typing })).await;
        for person in [&mut bob, &mut carl] {
            let typing = person.hears_among_others("typing").await;
            assert_eq!(typing["data"], json!({ "userId": "ann", "isTyping": is_typing }));
        }
    }
    all_end([ann, bob, carl], nodes).await;
}

#[actix_web::test]
async fn a_node_that_was_cut_off_catches_up_with_the_next_message() {
    let nodes = three_nodes().await;
    let mut people = one_on_each(&nodes).await;
    people[0].insists("before", "t1").await;
    people[2].hears_up_to(1).await;
    nodes[2].link.cut(true);
    people[0].insists_on_many("during", 5).await;
    people[2].insists("said on the island", "t1").await;
    people[1].hears_up_to(6).await;
    nodes[2].link.cut(false);
    people[0].insists("after", "t2").await;
    all_hear_the_same(&mut people, 1, 8).await;
    all_end(people, nodes).await;
}

#[actix_web::test]
async fn a_retry_on_another_node_gets_the_first_answer() {
    let nodes = three_nodes().await;
    let [mut ann, mut bob, mut carl] = one_on_each(&nodes).await;
    let first = ann.insists("once", "t1").await;
    ann.drops();
    let mut ann = enters(&nodes[1], "ann").await;
    let again = ann.insists("once", "t1").await;
    assert_eq!((&again["id"], &again["seq"], &again["duplicate"]), (&first["id"], &json!(1), &json!(true)));
    ann.insists("after", "t2").await;
    for person in [&mut bob, &mut carl] {
        person.hears_up_to(2).await;
        person.has_heard_exactly(1, 2);
    }
    all_end([ann, bob, carl], nodes).await;
}

#[actix_web::test]
async fn racing_duplicates_on_three_nodes_are_one_message() {
    let nodes = three_nodes().await;
    let mut anns = Vec::new();
    for node in nodes.iter().cycle().take(21) {
        anns.push(enters(node, "ann").await);
    }
    let answers = join_all(anns.iter_mut().map(|ann| ann.insists("once", "t1"))).await;
    assert_eq!(answers.iter().filter(|sent| sent["duplicate"] == true).count(), 20);
    assert!(answers.iter().all(|sent| (&sent["id"], &sent["seq"]) == (&answers[0]["id"], &json!(1))));
    anns[0].insists("after", "t2").await;
    all_hear_the_same(&mut anns, 1, 2).await;
    all_end(anns, nodes).await;
}

#[actix_web::test]
async fn a_return_to_a_node_that_was_asleep_is_exact() {
    let nodes = three_nodes().await;
    let mut ann = enters(&nodes[0], "ann").await;
    let mut bob = enters(&nodes[1], "bob").await;
    ann.insists("heard", "t1").await;
    bob.hears_up_to(1).await;
    let epoch = bob.epoch().to_owned();
    bob.leaves().await;
    nodes[1].house.is_down_to(0).await;
    // Nobody on the second node hears these; its room is still open.
    ann.insists_on_many("missed", 3).await;
    let mut bob = nodes[1].house.widget_since("bob", "chat_1", 1, &epoch).await;
    bob.hears_up_to(4).await;
    bob.has_heard_exactly(2, 4);
    all_end([ann, bob], nodes).await;
}

#[actix_web::test]
async fn a_return_is_honoured_by_a_node_that_knows_less_than_the_client() {
    let nodes = three_nodes().await;
    let mut ann = enters(&nodes[0], "ann").await;
    let bob = enters(&nodes[1], "bob").await;
    bob.leaves().await;
    nodes[1].house.is_down_to(0).await;
    ann.insists_on_many("heard", 3).await;
    ann.hears_up_to(3).await;
    let epoch = ann.epoch().to_owned();
    ann.leaves().await;
    let mut ann = nodes[1].house.widget_since("ann", "chat_1", 3, &epoch).await;
    assert_eq!(ann.welcome["seq"], 3);
    ann.insists("back", "t4").await;
    ann.hears_up_to(4).await;
    ann.has_heard_exactly(4, 4);
    all_end([ann], nodes).await;
}

#[actix_web::test]
async fn a_return_is_honoured_by_a_node_that_was_cut_off_for_long() {
    let nodes = three_nodes().await;
    let mut ann = enters(&nodes[0], "ann").await;
    let mut bob = enters(&nodes[1], "bob").await;
    nodes[1].link.cut(true);
    let mut others = Vec::new();
    for n in 0..10 {
        others.push((enters(&nodes[0], &format!("user_{n}")).await, n));
    }
    let posting =
        others.iter_mut().map(async |(other, n)| other.insists_on_many(&format!("from {n}"), 70).await);
    join_all(posting).await;
    ann.hears_up_to(700).await;
    let epoch = ann.epoch().to_owned();
    ann.leaves().await;
    // The link is cut still, but the store is there.
    let mut ann = nodes[1].house.widget_since("ann", "chat_1", 700, &epoch).await;
    ann.insists("back", "t1").await;
    ann.hears_up_to(701).await;
    ann.has_heard_exactly(701, 701);
    bob.hears_up_to(701).await;
    bob.has_heard_exactly(1, 701);
    all_leave(others.into_iter().map(|(other, _)| other)).await;
    all_end([ann, bob], nodes).await;
}

#[actix_web::test]
async fn whoever_comes_while_the_node_is_cut_off_hears_the_next_message_after() {
    let nodes = three_nodes().await;
    let mut ann = enters(&nodes[0], "ann").await;
    nodes[1].link.cut(true);
    let mut bob = enters(&nodes[1], "bob").await;
    ann.insists("during", "t1").await;
    nodes[1].link.cut(false);
    hears_the_other_before_long(&mut ann, &mut bob).await;
    all_end([ann, bob], nodes).await;
}

#[actix_web::test]
async fn whoever_comes_while_the_bridge_is_dead_hears_the_next_message_after() {
    let nodes = three_nodes().await;
    let mut ann = enters(&nodes[0], "ann").await;
    for _ in 1..RESTART_LIMIT {
        nodes[1].house.dies("bridge").await;
    }
    nodes[1].house.broker().injure("bridge");
    let mut bob = enters(&nodes[1], "bob").await;
    nodes[1]
        .house
        .until("the bridge lives again", |broker| {
            broker.vitals().actors().iter().any(|(kind, _)| *kind == "bridge")
        })
        .await;
    hears_the_other_before_long(&mut ann, &mut bob).await;
    all_end([ann, bob], nodes).await;
}

/// The link may need a moment to be taken up again: ann talks on until bob hears everything, at most for so long.
async fn hears_the_other_before_long(ann: &mut Person, bob: &mut Person) {
    for n in 0..40 {
        let said = ann.insists("and now?", &format!("now {n}")).await["seq"].as_u64().expect("a number");
        let heard = tokio::time::timeout(std::time::Duration::from_millis(100), bob.hears_up_to(said));
        if heard.await.is_ok() {
            let first = bob.minutes.first().map_or(1, |(seq, _)| *seq);
            return bob.has_heard_exactly(first, said);
        }
    }
    panic!("never heard");
}
