//! The stock client of Python as a real process, over polling, over a WebSocket, and from one to the other: at the echo,
//! and as a bot in a group chat.

use std::process::Command;

use serde_json::json;

use crate::asker;
use crate::chatting::{Chatter, group, token};
use crate::echoing::{CALM, with_doors};
use crate::house::House;
use crate::programs::Program;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python");
/// What a client is told to use, and what it is to end on.
const TRANSPORTS: [(&str, &str); 3] =
    [("polling", "polling"), ("websocket", "websocket"), ("polling,websocket", "websocket")];

/// A script and what it is told; none where there is no python for it.
fn starts(script: &str, words: &[&str]) -> Option<Program> {
    let Ok(python) = std::env::var("RECADO_TEST_PYTHON") else {
        let required = std::env::var("RECADO_TEST_TOOLS").is_ok_and(|value| value == "required");
        assert!(!required, "test.sh says where the python of the tests is");
        eprintln!("skipped: RECADO_TEST_PYTHON is not set");
        return None;
    };
    let mut command = Command::new(python);
    command.arg(format!("{FOLDER}/{script}")).args(words);
    Some(Program::start(command))
}

#[actix_web::test]
async fn the_python_client_connects_unmodified_on_any_transport() {
    let mut settings = CALM.to_vec();
    settings.extend([("RECADO_DOORS__CHAT__HEARTBEAT_MS", "500"), ("RECADO_SERVER__WORKERS", "2")]);
    let house = with_doors(&settings, asker::annex).await;
    for (transports, last) in TRANSPORTS {
        let Some(mut program) = starts("protocol_echo.py", &[&house.http_url(""), transports]) else { break };
        let said = program.says(|_| true).await;
        assert_eq!(said["done"], last, "{transports}: {}", said["failed"]);
        assert_eq!(program.ends().await.code, Some(0));
    }
    house.ends().await;
}

/// The bot that this script is, in a group with Ana.
async fn ana_has_a_sum_done(house: &House, id: u64, transports: &str, last: &str) -> Option<()> {
    group(house, id, &[7, 8]).await;
    let words = [&house.http_url(""), transports, &token(8), &id.to_string()];
    let mut ana = Chatter::comes(house, 7).await;
    let Some(mut bot) = starts("chat_bot.py", &words) else {
        ana.leaves().await;
        return None;
    };
    assert_eq!(bot.says(|_| true).await["refused"], "Token inválido");
    assert_eq!(bot.says(|_| true).await["ready"], last);
    let order = ana.sends(id, "!soma 19 23").await;
    for event in ["message_delivered", "message_read"] {
        assert_eq!(ana.hears(event).await["messageId"], order["id"]);
    }
    assert_eq!(ana.hears("user_typing").await["userId"], 8);
    let sum = ana.hears("new_message").await;
    assert_eq!((&sum["content"], &sum["replyToId"]), (&json!("42"), &order["id"]));
    assert_eq!(ana.hears("message_edited").await["content"], "19 + 23 = 42");
    ana.begins("message_read", json!({ "messageIds": [sum["id"]], "groupId": id })).await;
    let goodbye = ana.sends(id, "tchau").await;
    assert_eq!(ana.hears("message_delivered").await["messageId"], goodbye["id"]);
    assert_eq!(ana.hears("user_left_group").await["userId"], 8);
    let said = bot.says(|_| true).await;
    assert_eq!(said["done"], last, "{transports}: {}", said["failed"]);
    assert_eq!(bot.ends().await.code, Some(0));
    ana.leaves().await;
    Some(())
}

#[actix_web::test]
async fn a_bot_of_python_hears_answers_and_mends_its_answer_on_any_transport() {
    let house = House::with(&[("RECADO_SERVER__WORKERS", "2")]).await;
    for (id, (transports, last)) in (1..).zip(TRANSPORTS) {
        if ana_has_a_sum_done(&house, id, transports, last).await.is_none() {
            break;
        }
    }
    house.ends().await;
}
