//! `recado bench` as people run it: one object that tells what was seen, nobody lost, and no harm to strangers.

use serde_json::Value;

use crate::house::House;
use crate::programs::{Ended, Program};
use crate::tokens::SECRET;

/// One run against the house, as one would type it.
async fn bench(house: &House, words: &[&str]) -> Ended {
    let url = house.ws_url("/");
    let words = [&["bench"], words, &["--url", &url, "--json"]].concat();
    Program::recado(&words, &[("JWT_SECRET", SECRET)]).ends().await
}

fn report(ended: &Ended) -> Value {
    assert_eq!((ended.code, ended.out.lines().count()), (Some(0), 1), "{ended:?}");
    serde_json::from_str(&ended.out).expect("one JSON object")
}

fn number(report: &Value, pointer: &str) -> u64 {
    report.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {report}"))
}

#[actix_web::test]
async fn a_fan_out_is_counted_from_the_moment_each_message_was_due() {
    let house = House::start().await;
    let words =
        ["fanout", "--clients", "5", "--rate", "40", "--in-flight", "100", "--seconds", "1", "--warmup", "0"];
    let report = report(&bench(&house, &words).await);
    let (messages, deliveries) = (number(&report, "/messages"), number(&report, "/deliveries"));
    assert!(messages > 0 && deliveries > 0 && deliveries <= 5 * (messages + 1), "{report}");
    assert!(number(&report, "/latency/p50_us") <= number(&report, "/latency/p999_us"), "{report}");
    house.ends().await;
}

#[actix_web::test]
async fn every_answer_in_rooms_of_two_belongs_to_what_was_said() {
    let house = House::start().await;
    let said = report(&bench(&house, &["pairs", "--rooms", "3", "--seconds", "1", "--warmup", "0"]).await);
    assert!(number(&said, "/answers") > 0 && number(&said, "/deliveries") > 0, "{said}");
    let typed = ["pairs", "--rooms", "3", "--signal", "--seconds", "1", "--warmup", "0"];
    let typed = report(&bench(&house, &typed).await);
    assert_eq!(number(&typed, "/answers"), number(&typed, "/deliveries"), "{typed}");
    house.ends().await;
}

#[actix_web::test]
async fn idle_connections_are_weighed_in_the_servers_own_process() {
    let house = House::start().await;
    let own = std::process::id().to_string();
    let ended = bench(&house, &["idle", "--clients", "20", "--seconds", "0", "--server-pid", &own]).await;
    let report = report(&ended);
    assert!(number(&report, "/connects_per_second") > 0, "{report}");
    assert_eq!(report["cycles"].as_array().map(Vec::len), Some(1), "{report}");
    house.ends().await;
}

#[actix_web::test]
async fn a_herd_that_is_cut_off_comes_back_and_has_heard_everything_once() {
    let house = House::start().await;
    let words = ["reconnect", "--clients", "20", "--room-size", "4", "--every", "1", "--backoff-ms", "200"];
    let report = report(&bench(&house, &words).await);
    for nothing in ["/lost", "/duplicated", "/unconfirmed", "/still_out", "/refused", "/resets"] {
        assert_eq!(number(&report, nothing), 0, "{nothing}: {report}");
    }
    assert_eq!((number(&report, "/outages"), &report["settled"]), (20, &Value::Bool(true)), "{report}");
    assert_eq!(number(&report, "/posted"), number(&report, "/confirmed"), "{report}");
    house.ends().await;
}

#[actix_web::test]
async fn nobody_elses_host_is_loaded_by_mistake_and_nonsense_is_one_clear_error() {
    for (words, told) in [
        (["--url", "ws://192.0.2.1:9/"], "--i-may-load-this-host"),
        (["--url", "wss://localhost/"], "TLS"),
        (["--url", "http://localhost/"], "ws://"),
        (["--clients", "0"], "--clients"),
        (["--rate", "99999999"], "--rate"),
    ] {
        let url: &[&str] = if words[0] == "--url" { &[] } else { &["--url", "ws://127.0.0.1:9/"] };
        let words = [&["bench", "fanout"], words.as_slice(), url].concat();
        let ended = Program::recado(&words, &[]).ends().await;
        assert!(ended.code != Some(0) && ended.errors.contains(told), "{words:?}: {ended:?}");
    }
}

#[actix_web::test]
async fn a_server_that_refuses_ends_the_run_with_its_reason() {
    let house = House::start().await;
    let ended = bench(&house, &["fanout", "--clients", "2", "--token", "forged"]).await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.errors.contains("4002 Invalid token"), "{ended:?}");
    house.ends().await;
}
