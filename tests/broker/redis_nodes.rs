//! Two brokers, each with a store of its own, relay to each other over Redis; Next is the record of both.
//!
//! Each thing is heard once on either, in one order per node, and nobody hears their own typing come back.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::house::House;
use crate::minutes::all_leave;
use crate::next_backend::{Next, settled};
use crate::person::Person;
use crate::redis_server::Redis;

struct Pair {
    redis: Redis,
    next: Next,
    houses: [House; 2],
}

impl Pair {
    /// Next publishes what it stores only when it `talks`.
    async fn starts(talks: bool) -> Option<Self> {
        let redis = Redis::starts().await?;
        let next = if talks { Next::starts_beside(redis.port).await? } else { Next::starts().await? };
        let url = redis.url();
        let house = async || next.house(&[("REDIS_URL", &url)]).await;
        let houses = [house().await, house().await];
        Some(Self { redis, next, houses })
    }

    async fn one_on_each(&self) -> [Person; 2] {
        let people = [
            settled(&self.houses[0], "ann", "chat_1").await,
            settled(&self.houses[1], "bob", "chat_1").await,
        ];
        self.redis.is_followed("chat_1", 2).await;
        people
    }

    async fn ends(self, people: impl IntoIterator<Item = Person>) {
        all_leave(people).await;
        for house in self.houses {
            house.ends().await;
        }
    }
}

/// The contents of so many messages, in the order they were heard.
async fn hears(person: &mut Person, count: usize) -> Vec<String> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let frame = person.hears("message").await;
        heard.push(frame["data"]["content"].as_str().expect("a text").to_owned());
    }
    heard
}

#[actix_web::test]
async fn people_on_two_nodes_hear_each_other_once() {
    for next_talks in [false, true] {
        let Some(pair) = Pair::starts(next_talks).await else { return };
        let mut people = pair.one_on_each().await;
        for n in 0..30 {
            for (person, name) in people.iter_mut().zip(["ann", "bob"]) {
                person.posts(&format!("{name} {n}")).await;
            }
        }
        let heard = join_all(people.iter_mut().map(|person| hears(person, 60))).await;
        for (who, heard) in ["ann", "bob"].iter().flat_map(|who| heard.iter().map(move |heard| (who, heard)))
        {
            let theirs: Vec<_> = heard.iter().filter(|content| content.starts_with(who)).collect();
            assert_eq!(theirs.len(), 30, "{heard:?}");
            assert!((0..30).all(|n| *theirs[n] == format!("{who} {n}")), "in their order: {theirs:?}");
        }
        for person in &mut people {
            person.hears_nothing_more().await;
        }
        pair.ends(people).await;
    }
}

#[actix_web::test]
async fn typing_reaches_the_other_node_and_does_not_come_back() {
    let Some(pair) = Pair::starts(false).await else { return };
    let [mut ann, mut bob] = pair.one_on_each().await;
    for is_typing in [true, false] {
        ann.sends(json!({ "type": "typing", "isTyping": is_typing })).await;
        let typing = bob.hears("typing").await;
        assert_eq!(typing["data"], json!({ "userId": "ann", "isTyping": is_typing }));
    }
    bob.posts("that was all").await;
    ann.hears_message("that was all").await;
    bob.hears_message("that was all").await;
    pair.ends([ann, bob]).await;
}

#[actix_web::test]
async fn an_agent_and_an_edit_reach_the_other_node() {
    let Some(mut pair) = Pair::starts(false).await else { return };
    let [mut ann, mut bob] = pair.one_on_each().await;
    bob.sends(json!({ "type": "agent_joined" })).await;
    for person in [&mut ann, &mut bob] {
        assert_eq!(person.hears("agent_joined").await["data"]["agentName"], "Bob");
    }
    ann.posts("helo").await;
    for person in [&mut ann, &mut bob] {
        person.hears_message("helo").await;
    }
    let id = pair.next.stored().await[0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/chats/chat_1/messages/{id}");
    pair.houses[1].internal(Method::PATCH, &path, json!({ "content": "hello" })).await;
    let mut edits = Vec::new();
    for person in [&mut ann, &mut bob] {
        edits.push(person.hears("message_updated").await["data"].clone());
        person.hears_nothing_more().await;
    }
    assert_eq!((&edits[0]["content"], &edits[0]), (&json!("hello"), &edits[1]));
    pair.ends([ann, bob]).await;
}

#[actix_web::test]
async fn what_a_node_heard_from_another_is_in_its_own_history() {
    let Some(pair) = Pair::starts(false).await else { return };
    let [mut ann, mut bob] = pair.one_on_each().await;
    ann.posts("hello").await;
    ann.hears_message("hello").await;
    bob.hears_message("hello").await;
    let mut late = pair.houses[1].widget_since("carl", "chat_1", 0, "").await;
    late.hears_among_others("message").await;
    pair.ends([ann, bob, late]).await;
}
