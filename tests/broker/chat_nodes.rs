//! Groups over two nodes that share a store and a real Redis: whoever is put into a group hears it wherever their sockets
//! are, and whoever is taken out of it hears nothing more.

use std::sync::Arc;

use recado::app::World;
use recado_actors::id::Epoch;
use recado_actors::ports::Ports;
use recado_actors::ports::memory::MemoryStore;
use serde_json::{Value, json};

use crate::chatting::{Chatter, all_leave, group};
use crate::house::House;
use crate::redis_server::{EAGER, Redis, bridge_is_up};

struct Nodes {
    redis: Redis,
    here: House,
    there: House,
}

impl Nodes {
    /// None where there is no Redis.
    async fn start() -> Option<Self> {
        let redis = Redis::starts().await?;
        let store = Arc::new(MemoryStore::new(Epoch(7)));
        let (here, there) = (node(&redis, &store).await, node(&redis, &store).await);
        redis.has_listeners("recado:7:nodes:all", 2).await;
        Some(Self { redis, here, there })
    }

    /// Both follow what the group says.
    async fn both_follow(&self, group: u64) {
        self.redis.has_listeners(&format!("recado:7:group:{group}"), 2).await;
    }

    async fn end(self) {
        self.here.ends().await;
        self.there.ends().await;
    }
}

async fn node(redis: &Redis, store: &Arc<MemoryStore>) -> House {
    let ports = Ports {
        log: store.clone(),
        receipts: store.clone(),
        book: store.clone(),
        people: store.clone(),
        backplane: None,
        backend: None,
        webhooks: None,
    };
    let world = World { ports: Some(ports), ..World::default() };
    let url = redis.url();
    let house = House::in_world(&[("REDIS_URL", &url), EAGER], world).await;
    bridge_is_up(&house).await;
    house
}

#[actix_web::test]
async fn whoever_is_put_into_a_group_hears_it_at_once_on_another_node() {
    let Some(nodes) = Nodes::start().await else { return };
    group(&nodes.here, 1, &[7]).await;
    let (mut ana, mut bob) = (Chatter::comes(&nodes.here, 7).await, Chatter::comes(&nodes.there, 8).await);
    group(&nodes.here, 1, &[7, 8]).await;
    ana.sends(1, "welcome").await;
    assert_eq!(bob.hears("new_message").await["content"], "welcome");
    nodes.both_follow(1).await;
    bob.sends(1, "thanks").await;
    assert_eq!(ana.hears("new_message").await["content"], "thanks");
    ana.has_not_heard(&["new_message"]).await;
    bob.has_not_heard(&["new_message"]).await;
    all_leave([ana, bob]).await;
    nodes.end().await;
}

#[actix_web::test]
async fn whoever_is_taken_out_of_a_group_hears_nothing_more_on_another_node() {
    let Some(nodes) = Nodes::start().await else { return };
    group(&nodes.here, 1, &[7, 8, 9]).await;
    let mut ana = Chatter::comes(&nodes.here, 7).await;
    let (mut bob, mut carl) = (Chatter::comes(&nodes.there, 8).await, Chatter::comes(&nodes.there, 9).await);
    nodes.both_follow(1).await;
    ana.sends(1, "all of us").await;
    bob.hears_content("all of us").await;
    carl.hears_content("all of us").await;
    group(&nodes.here, 1, &[7, 9]).await;
    ana.sends(1, "without bob").await;
    carl.hears_content("without bob").await;
    bob.has_not_heard(&["new_message"]).await;
    let no = bob.is_refused("send_message", json!({ "groupId": 1, "content": "still here?" })).await;
    assert_eq!(no, "Usuário não é membro deste grupo");
    all_leave([ana, bob, carl]).await;
    nodes.end().await;
}

#[actix_web::test]
async fn a_group_made_on_one_node_is_heard_by_all_of_its_members_sockets() {
    let Some(nodes) = Nodes::start().await else { return };
    group(&nodes.here, 1, &[7, 8]).await;
    let (mut ana, mut bob) = (Chatter::comes(&nodes.here, 7).await, Chatter::comes(&nodes.there, 8).await);
    let mut laptop = Chatter::comes(&nodes.here, 8).await;
    group(&nodes.there, 2, &[7, 8]).await;
    bob.sends(2, "new here").await;
    let said: [Value; 2] = [ana.hears("new_message").await, laptop.hears("new_message").await];
    assert!(said.iter().all(|said| said["content"] == "new here" && said["groupId"] == 2), "{said:?}");
    ana.emits("message_read", json!({ "messageIds": [said[0]["id"]], "groupId": 2 })).await;
    assert_eq!(bob.hears("message_read").await["readBy"], 7);
    all_leave([ana, bob, laptop]).await;
    nodes.end().await;
}
