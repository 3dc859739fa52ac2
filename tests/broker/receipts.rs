//! Delivered and read: watermarks that only rise, are kept, and are told to those who asked for extras.

use futures_util::future::join_all;
use recado_actors::supervisor::RESTART_LIMIT;
use serde_json::json;

use crate::house::House;
use crate::minutes::all_leave;
use crate::person::Person;

impl Person {
    async fn marks(&mut self, kind: &str, seq: u64) {
        self.sends(json!({ "type": kind, "seq": seq })).await;
    }

    /// The next receipt, past anything else: whose, delivered, read.
    async fn hears_receipt(&mut self) -> (String, u64, u64) {
        let data = self.hears_among_others("receipt").await["data"].clone();
        let number = |name: &str| data[name].as_u64().expect("a number");
        (data["userId"].as_str().expect("a user").to_owned(), number("delivered"), number("read"))
    }
}

fn receipt(user: &str, delivered: u64, read: u64) -> (String, u64, u64) {
    (user.to_owned(), delivered, read)
}

#[actix_web::test]
async fn read_implies_delivered_and_everybody_is_told() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    ann.insists_on_many("message", 3).await;
    bob.hears_up_to(3).await;
    for (kind, seq, expected) in [
        ("delivered", 2, receipt("bob", 2, 0)),
        ("read", 1, receipt("bob", 2, 1)),
        ("read", 3, receipt("bob", 3, 3)),
    ] {
        bob.marks(kind, seq).await;
        assert_eq!(ann.hears_receipt().await, expected);
        assert_eq!(bob.hears_receipt().await, expected);
    }
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_watermark_never_falls_and_the_same_again_is_no_news() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    ann.insists_on_many("message", 3).await;
    bob.hears_up_to(3).await;
    bob.marks("read", 3).await;
    assert_eq!(ann.hears_receipt().await, receipt("bob", 3, 3));
    for (kind, seq) in [("read", 1), ("delivered", 2), ("read", 3)] {
        bob.marks(kind, seq).await;
    }
    bob.settles().await;
    ann.marks("read", 1).await;
    assert_eq!(ann.hears_receipt().await, receipt("ann", 1, 1));
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn two_devices_of_a_user_share_one_watermark() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let mut phone = house.widget_with_extras("bob", "chat_1").await;
    let mut desk = house.widget_with_extras("bob", "chat_1").await;
    ann.insists_on_many("message", 3).await;
    phone.hears_up_to(3).await;
    phone.marks("delivered", 3).await;
    assert_eq!(ann.hears_receipt().await, receipt("bob", 3, 0));
    desk.marks("read", 2).await;
    assert_eq!(ann.hears_receipt().await, receipt("bob", 3, 2));
    all_leave([ann, phone, desk]).await;
    house.ends().await;
}

#[actix_web::test]
async fn what_was_not_said_yet_cannot_be_read() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.posts_safely("one", "t1").await;
    for kind in ["read", "delivered"] {
        for seq in [2, u64::from(u32::MAX), u64::MAX] {
            ann.marks(kind, seq).await;
            let error = ann.hears_among_others("error").await;
            assert_eq!((&error["code"], error.get("retry")), (&json!("seq_ahead"), None), "{error}");
        }
    }
    ann.marks("read", 1).await;
    assert_eq!(ann.hears_receipt().await, receipt("ann", 1, 1));
    ann.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn what_was_just_sent_can_be_read_at_once() {
    let house = House::with(&[("RECADO_SERVER__WORKERS", "2")]).await;
    let mut anns =
        join_all((0..8).map(async |n| house.widget_with_extras(&format!("ann_{n}"), "chat_1").await)).await;
    join_all(anns.iter_mut().map(async |ann| {
        for n in 0..50 {
            let seq = ann.insists("sent", &format!("t{n}")).await["seq"].as_u64().expect("a number");
            ann.marks("read", seq).await;
            ann.sends(json!({ "type": "ping" })).await;
            while let frame = ann.hears_next().await
                && frame["type"] != "pong"
            {
                assert_ne!(frame["type"], "error", "{frame}");
            }
        }
    }))
    .await;
    all_leave(anns).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_newcomer_is_told_where_everybody_stands() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.insists_on_many("message", 2).await;
    ann.marks("read", 2).await;
    ann.hears_receipt().await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    assert_eq!(bob.hears_receipt().await, receipt("ann", 2, 2));
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_stock_client_never_sees_a_receipt() {
    let house = House::start().await;
    let mut stock = house.widget("stock", "chat_1").await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.posts_safely("one", "t1").await;
    ann.marks("read", 1).await;
    ann.hears_receipt().await;
    ann.posts_safely("two", "t2").await;
    stock.hears_message("one").await;
    stock.hears_message("two").await;
    all_leave([ann, stock]).await;
    house.ends().await;
}

#[actix_web::test]
async fn receipts_outlive_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite:{}", directory.path().join("recado.db").display());
    let house = House::with(&[("RECADO_STORE__URL", &url)]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.insists_on_many("message", 3).await;
    ann.marks("delivered", 3).await;
    ann.marks("read", 2).await;
    while ann.hears_receipt().await != receipt("ann", 3, 2) {}
    ann.leaves().await;
    house.ends().await;

    let house = House::with(&[("RECADO_STORE__URL", &url)]).await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    assert_eq!(bob.hears_receipt().await, receipt("ann", 3, 2));
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.marks("read", 1).await;
    ann.settles().await;
    bob.marks("read", 3).await;
    assert_eq!(bob.hears_receipt().await, receipt("bob", 3, 3));
    all_leave([ann, bob]).await;
    house.ends().await;
}

#[actix_web::test]
async fn a_receipt_is_told_though_the_room_dies_before_it_is() {
    let house = House::start().await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    let mut bob = house.widget_with_extras("bob", "chat_1").await;
    ann.insists("one", "t1").await;
    bob.hears_up_to(1).await;
    for _ in 1..RESTART_LIMIT {
        house.dies("room").await;
    }
    bob.marks("read", 1).await;
    bob.settles().await;
    // The last death makes a pause of 80 ms; what is told every 50 ms falls into it.
    house.broker().injure("room");
    assert_eq!(ann.hears_receipt().await, receipt("bob", 1, 1));
    all_leave([ann, bob]).await;
    house.ends().await;
}
