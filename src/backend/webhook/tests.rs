//! Stories of letters on their way: what is signed, what is refused, and what an answer means.
//!
//! Names are looked up by stand-ins; nothing leaves this machine.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use recado_actors::clock::Timestamp;
use recado_actors::id::{Epoch, RoomId, Seq, UserId};
use recado_actors::message::room::{Entry, EntryBody};
use recado_actors::ports::letters::{EndpointId, Letter};
use reqwest::dns::{Name, Resolve};
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

use super::guard::{Forbidden, Guard};
use super::resolver::CheckedResolver;
use super::{SigningKey, SigningKeyError, body, retry_after, signing};

const INWARD: &str = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 \
    172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7 \
    203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 \
    ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 fc00::1 \
    fd00::1 fdaa::3 fdaa:0:1:a7b::2 fe80::1 fec0::1 ff02::1";
const PUBLIC: &str = "1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.169.0.1 198.17.0.1 198.20.0.1 \
    198.168.0.1 192.18.0.1 223.255.255.255 2606:4700::1111 2001:4860::8888 2a00::1";

fn guard(allowed: &'static [&'static str], only_allowed: bool) -> Guard {
    let listed: Vec<IpAddr> = allowed.iter().map(|text| text.parse().unwrap()).collect();
    Guard { allowed: Arc::new(move |address| listed.contains(&address)), only_allowed }
}

fn letter() -> Letter {
    let agent = UserId::parse("bob").unwrap();
    let entry = Entry {
        seq: Seq(7),
        at: Timestamp(1_705_314_600_007),
        by: None,
        client_id: None,
        body: EntryBody::AgentJoined { agent, name: "Bob".to_owned() },
    };
    Letter {
        endpoint: EndpointId::new("e"),
        room: RoomId::chat("chat_1").unwrap(),
        epoch: Epoch(0x1f),
        entry: Arc::new(entry),
        attempts: 0,
        dead: None,
    }
}

#[test]
fn nothing_inward_is_public_however_it_is_written() {
    for inward in INWARD.split_whitespace() {
        let refused = guard(&[], false).check(inward.parse().unwrap());
        assert!(matches!(refused, Err(Forbidden::Private(_))), "{inward}");
    }
    for public in PUBLIC.split_whitespace() {
        assert_eq!(guard(&[], false).check(public.parse().unwrap()), Ok(()), "{public}");
        let plain = guard(&[], true).check(public.parse().unwrap());
        assert!(matches!(plain, Err(Forbidden::Unencrypted(_))), "{public}");
    }
}

#[test]
fn what_is_allowed_may_be_inward_and_unencrypted() {
    for only_allowed in [false, true] {
        let guard = guard(&["127.0.0.1", "fdaa::3"], only_allowed);
        for address in ["127.0.0.1", "::ffff:127.0.0.1", "fdaa::3"] {
            assert_eq!(guard.check(address.parse().unwrap()), Ok(()), "{address}");
        }
        assert!(guard.check("127.0.0.2".parse().unwrap()).is_err());
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_never_leads_inward() {
    let (asked, count) = (Arc::new(AtomicUsize::new(0)), Arc::<AtomicUsize>::default());
    let answers = asked.clone();
    let look_up = Arc::new(move |_: String| -> futures_util::future::BoxFuture<'static, _> {
        count.fetch_add(1, SeqCst);
        let inward = answers.fetch_add(1, SeqCst) > 0;
        let address: IpAddr = if inward { "127.0.0.1" } else { "1.1.1.1" }.parse().unwrap();
        Box::pin(std::future::ready(Ok(vec![address])))
    });
    let resolver = CheckedResolver::asking(guard(&[], false), look_up);
    let name = || "rebind.example".parse::<Name>().unwrap();
    let first: Vec<_> = resolver.resolve(name()).await.unwrap().map(|found| found.ip().to_string()).collect();
    // What was checked is what is handed out: there is no second question between the two.
    assert_eq!((first, asked.load(SeqCst)), (vec!["1.1.1.1".to_owned()], 1));
    let second = resolver.resolve(name()).await.err().map(|error| error.to_string()).unwrap();
    assert!(second.contains("127.0.0.1 is not a public address"), "{second}");
}

#[tokio::test]
async fn one_inward_address_among_others_refuses_the_name() {
    for answer in [vec!["1.1.1.1", "10.0.0.1"], vec!["::ffff:169.254.169.254"], vec![]] {
        let found: Vec<IpAddr> = answer.iter().map(|text| text.parse().unwrap()).collect();
        let look_up = Arc::new(move |_: String| -> futures_util::future::BoxFuture<'static, _> {
            Box::pin(std::future::ready(Ok(found.clone())))
        });
        let resolver = CheckedResolver::asking(guard(&[], false), look_up);
        assert!(resolver.resolve("mixed.example".parse().unwrap()).await.is_err(), "{answer:?}");
    }
}

#[test]
fn a_signature_is_that_of_the_standard() {
    // The example of the Standard Webhooks reference libraries.
    let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signed = signing::signatures(
        &[key.clone(), key],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        r#"{"test": 2432232314}"#,
    );
    let one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert_eq!(signed, format!("{one} {one}"));
}

#[test]
fn a_key_is_whsec_and_24_to_64_bytes() {
    let flaw = |text: &str| SigningKey::parse(text).err();
    assert_eq!(flaw("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Some(SigningKeyError::Text));
    assert_eq!(flaw("whsec_***"), Some(SigningKeyError::Text));
    assert_eq!(flaw("whsec_AAAA"), Some(SigningKeyError::Length(3)));
    assert_eq!(flaw(&format!("whsec_{}", "AAAA".repeat(22))), Some(SigningKeyError::Length(66)));
    assert_eq!(flaw(&format!("whsec_{}", "AAAA".repeat(8))), None);
}

#[test]
fn an_id_is_the_same_at_every_attempt_and_no_other_letters() {
    let (first, mut other) = (letter(), letter());
    other.attempts = 5;
    other.dead = Some(3);
    assert_eq!(signing::id(&first), signing::id(&other));
    assert!(signing::id(&first).starts_with("msg_") && !signing::id(&first).contains('.'));
    let mut changed = [letter(), letter(), letter()];
    changed[0].room = RoomId::chat("chat_2").unwrap();
    changed[1].epoch = Epoch(0x20);
    changed[2].endpoint = EndpointId::new("f");
    assert!(changed.iter().all(|changed| signing::id(changed) != signing::id(&first)));
}

#[test]
fn a_letter_says_what_the_internal_api_would_show() {
    let said: serde_json::Value = serde_json::from_str(&body::of(&letter()).unwrap()).unwrap();
    let at = "2024-01-15T10:30:00.007Z";
    assert_eq!(
        said,
        serde_json::json!({
            "type": "agent.joined", "timestamp": at,
            "data": { "room": "chat:chat_1", "epoch": "1f", "seq": 7, "entry": {
                "seq": 7, "at": at, "by": null, "kind": "agent_joined", "agent": { "id": "bob", "name": "Bob" },
            }},
        })
    );
}

#[test]
fn retry_after_is_understood_in_seconds_and_as_a_date() {
    let asked = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(text));
        retry_after(&headers, 1_445_412_420)
    };
    assert_eq!(asked("120"), Some(Duration::from_secs(120)));
    assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::from_secs(60)));
    for meaningless in ["Wed, 21 Oct 2015 07:26:00 GMT", "-5", "soon", ""] {
        assert_eq!(asked(meaningless), None, "{meaningless}");
    }
    assert_eq!(retry_after(&HeaderMap::new(), 0), None);
}
