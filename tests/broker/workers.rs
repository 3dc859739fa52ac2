//! Rooms over several workers, and rooms that live on one of them only: all hear one order, and nothing stands still.

use futures_util::future::join_all;

use crate::house::House;
use crate::minutes::{all_hear_the_same, all_leave};
use crate::person::Person;

async fn twelve_people_hear_one_order(workers: &str) {
    let house = House::with(&[("RECADO_SERVER__WORKERS", workers)]).await;
    let mut people = join_all((0..12).map(async |n| {
        let name = format!("user_{n}");
        (house.widget_with_extras(&name, "chat_1").await, name)
    }))
    .await;
    let posting = people.iter_mut().take(4).map(async |(person, name)| {
        person.insists_on_many(name, 75).await;
    });
    join_all(posting).await;
    let mut people: Vec<Person> = people.into_iter().map(|(person, _)| person).collect();
    all_hear_the_same(&mut people, 1, 300).await;
    all_leave(people).await;
    house.ends().await;
}

#[actix_web::test]
async fn twelve_people_on_two_workers_hear_one_order() {
    twelve_people_hear_one_order("2").await;
}

#[actix_web::test]
async fn twelve_people_on_four_workers_hear_one_order() {
    twelve_people_hear_one_order("4").await;
}

/// Two talk by turns: each word waits for the last one, so everything falls idle in between.
async fn talk_by_turns(pair: &mut [Person; 2], words: usize) {
    for n in 0..words {
        let content = format!("word {n}");
        pair[n % 2].posts(&content).await;
        for person in pair.iter_mut() {
            person.hears_message(&content).await;
        }
    }
}

async fn pairs_talk_by_turns(workers: &str, apart: usize) {
    let house = House::with(&[("RECADO_SERVER__WORKERS", workers)]).await;
    let mut people = Vec::new();
    for n in 0..16 {
        // Workers take connections by turns, so this many apart is the same worker for some distance or other.
        let chat = format!("chat_{}_{}", n / (2 * apart), n % apart);
        people.push((chat.clone(), house.widget(&format!("user_{n}"), &chat).await));
    }
    let mut pairs: Vec<[Person; 2]> = Vec::new();
    while !people.is_empty() {
        let (chat, first) = people.remove(0);
        let Some(other) = people.iter().position(|(other, _)| *other == chat) else { break };
        pairs.push([first, people.remove(other).1]);
    }
    assert_eq!(pairs.len(), 8);
    join_all(pairs.iter_mut().map(|pair| talk_by_turns(pair, 50))).await;
    for pair in &mut pairs {
        talk_by_turns(pair, 10).await;
    }
    all_leave(pairs.into_iter().flatten()).await;
    house.ends().await;
}

#[actix_web::test]
async fn rooms_whose_members_sit_on_one_of_two_workers_keep_flowing() {
    pairs_talk_by_turns("2", 1).await;
    pairs_talk_by_turns("2", 2).await;
}

#[actix_web::test]
async fn rooms_whose_members_sit_on_one_of_four_workers_keep_flowing() {
    pairs_talk_by_turns("4", 1).await;
    pairs_talk_by_turns("4", 4).await;
}

#[actix_web::test]
async fn fifty_rooms_of_two_talk_at_once() {
    let house = House::with(&[("RECADO_SERVER__WORKERS", "2")]).await;
    let pairs = join_all((0..50).map(async |n| {
        let chat = format!("chat_{n}");
        let mut pair = [house.widget("ann", &chat).await, house.widget("bob", &chat).await];
        talk_by_turns(&mut pair, 20).await;
        pair
    }));
    all_leave(pairs.await.into_iter().flatten()).await;
    house.ends().await;
}
