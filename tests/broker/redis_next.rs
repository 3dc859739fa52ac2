//! Next.js publishes on Redis what it stores and what it knows: every widget hears it once, as Next said it.
//!
//! Next is a real process beside a real Redis. The channel and its frames are those of PROTOCOLS sections 6.3 and 6.5.

use reqwest::Method;
use serde_json::{Value, json};

use crate::next_backend::{Next, end, settled};
use crate::redis_server::Redis;

fn said(kind: &str, id: &str, content: &str, more: Value) -> Value {
    let sender = json!({ "id": "eve", "name": "Eve", "email": "eve@example.test", "avatar": null });
    let timestamp = "2026-01-01T00:00:00.000Z";
    let mut data =
        json!({ "id": id, "content": content, "role": "agent", "timestamp": timestamp, "sender": sender });
    for (key, value) in more.as_object().expect("fields") {
        data[key] = value.clone();
    }
    json!({ "type": kind, "data": data, "timestamp": "2026-01-01T00:00:01.000Z" })
}

/// The same but for when we told it.
fn undated(mut frame: Value) -> Value {
    frame.as_object_mut().expect("a frame").remove("timestamp");
    frame
}

#[actix_web::test]
async fn what_next_publishes_reaches_every_widget_once_as_it_said_it() {
    let Some(redis) = Redis::starts().await else { return };
    let Some(mut next) = Next::starts_beside(redis.port).await else { return };
    let house = redis.house().await;
    let mut people = [settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await];
    redis.is_followed("chat_1", 1).await;
    let edit = json!({ "updatedAt": "2026-01-02T00:00:00.000Z" });
    let frames =
        [said("message", "m1", "hello", json!({})), said("message_updated", "m1", "hello again", edit)];
    for frame in &frames {
        assert_eq!(next.publishes("chat_1", frame).await, 1);
        assert_eq!(next.publishes("chat_1", frame).await, 1);
    }
    let agent = json!({ "agentId": "eve", "agentName": "Eve", "timestamp": "2026-01-01T00:00:02.000Z" });
    let joined = json!({ "type": "agent_joined", "data": agent, "timestamp": "2026-01-01T00:00:02.000Z" });
    next.publishes("chat_1", &joined).await;
    next.publishes("chat_1", &joined).await;
    next.publishes("chat_1", &said("message", "m2", "that was all", json!({}))).await;
    for person in &mut people {
        for frame in &frames {
            assert_eq!(undated(person.hears_next().await), undated(frame.clone()));
        }
        assert_eq!(person.hears("agent_joined").await["data"]["agentName"], "Eve");
        person.hears_message("that was all").await;
        person.hears_nothing_more().await;
    }
    end(house, people).await;
}

#[actix_web::test]
async fn a_message_next_publishes_before_its_answer_is_heard_once() {
    let Some(redis) = Redis::starts().await else { return };
    let Some(mut next) = Next::starts_beside(redis.port).await else { return };
    let house = next.house(&[("REDIS_URL", &redis.url())]).await;
    let (mut ann, mut bob) = (settled(&house, "ann", "chat_1").await, settled(&house, "bob", "chat_1").await);
    redis.is_followed("chat_1", 1).await;
    next.turns(json!({ "mode": "slow", "ms": 1000 })).await;
    ann.sends(json!({ "type": "message", "content": "fast", "role": "USER", "tempId": "t1" })).await;
    let heard = bob.hears_message("fast").await;
    assert_eq!(heard["id"], next.stored().await[0]["id"], "it is here before next has answered");
    let told = ann.hears_among_others("sent").await;
    assert_eq!((&told["data"]["id"], &told["data"]["duplicate"]), (&heard["id"], &json!(true)));
    next.turns(json!({ "mode": "ok" })).await;
    for n in 0..20 {
        ann.posts(&format!("more {n}")).await;
    }
    for n in 0..20 {
        bob.hears_message(&format!("more {n}")).await;
        ann.hears_message(&format!("more {n}")).await;
    }
    ann.hears_nothing_more().await;
    bob.hears_nothing_more().await;
    end(house, [ann, bob]).await;
}

#[actix_web::test]
async fn a_broker_that_was_started_again_knows_what_it_was_told_before() {
    let Some(redis) = Redis::starts().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("recado.db").display());
    let edit = said("message_updated", "m1", "mended", json!({ "updatedAt": "2026-01-02T00:00:00.000Z" }));
    let frames = [said("message", "m1", "once", json!({})), edit];
    for life in 1..=2 {
        let house = redis.house_with(&[("RECADO_STORE__URL", &store)]).await;
        let mut ann = settled(&house, "ann", "chat_1").await;
        redis.is_followed("chat_1", 1).await;
        for frame in &frames {
            redis.is_told(&["PUBLISH", "chat:chat_1", &frame.to_string()]).await;
        }
        let last = said("message", &format!("life {life}"), "that was all", json!({}));
        redis.is_told(&["PUBLISH", "chat:chat_1", &last.to_string()]).await;
        if life == 1 {
            ann.hears_message("once").await;
            ann.hears("message_updated").await;
        }
        ann.hears_message("that was all").await;
        ann.hears_nothing_more().await;
        end(house, [ann]).await;
    }
}

#[actix_web::test]
async fn an_edit_to_nothing_takes_the_words_out_of_the_history_too() {
    let Some(redis) = Redis::starts().await else { return };
    let house = redis.house().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.settles().await;
    redis.is_followed("chat_1", 1).await;
    for frame in [said("message", "m1", "regretted", json!({})), said("message_updated", "m1", "", json!({}))]
    {
        redis.is_told(&["PUBLISH", "chat:chat_1", &frame.to_string()]).await;
    }
    ann.hears_among_others("message").await;
    assert_eq!(ann.hears_among_others("message_deleted").await["data"]["id"], "m1");
    let (_, history) = house.internal(Method::GET, "/chats/chat_1/history", Value::Null).await;
    assert!(!history.to_string().contains("regretted"), "{history}");
    end(house, [ann]).await;
}

#[actix_web::test]
async fn a_chat_is_followed_while_somebody_is_there() {
    let Some(redis) = Redis::starts().await else { return };
    let house =
        redis.house_with(&[("RECADO_ROOMS__IDLE_MS", "50"), ("RECADO_BACKPLANE__PREFIX", "dev:")]).await;
    for _ in 0..3 {
        let ann = settled(&house, "ann", "chat_1").await;
        redis.has_listeners("dev:chat:chat_1", 1).await;
        ann.leaves().await;
        redis.has_listeners("dev:chat:chat_1", 0).await;
    }
    end(house, []).await;
}

#[actix_web::test]
async fn garbage_on_a_channel_is_ignored_and_counted_and_hurts_nobody() {
    let Some(redis) = Redis::starts().await else { return };
    let house = redis.house().await;
    let mut ann = settled(&house, "ann", "chat_1").await;
    redis.is_followed("chat_1", 1).await;
    let large = said("message", "m1", &"x".repeat(300_000), json!({})).to_string();
    let deep = format!(r#"{{"type":"message","data":{}"#, "[".repeat(100_000));
    let odd = said("message", "m1", "x", json!({ "role": "king" })).to_string();
    let garbage =
        ["", "\u{0}", "[", "null", "{}", r#"{"type":"message"}"#, r#"{"type":"error"}"#, &odd, &deep, &large];
    for payload in garbage {
        redis.is_told(&["PUBLISH", "chat:chat_1", payload]).await;
    }
    redis.is_told(&["PUBLISH", "chat:chat_1", &said("message", "m2", "sound", json!({})).to_string()]).await;
    ann.hears_message("sound").await;
    ann.hears_nothing_more().await;
    let ignored = house.broker().vitals().bridge.ignored.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!((ignored, house.broker().vitals().restarts_of("bridge")), (10, 0));
    end(house, [ann]).await;
}
