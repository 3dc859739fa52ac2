//! Who is let in, as a table.

use actix_http::test::TestRequest;

use super::*;

fn gate(origins: &[&str]) -> Arc<Gate> {
    Gate::new(GateRules {
        origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        loopback_origins: false,
        connections: 3,
        connections_per_address: 2,
        trusted_proxies: vec![Network::parse("10.0.0.0/8").unwrap()],
        client_address_header: Some("Fly-Client-IP".to_owned()),
        connects: Rate::OFF,
        connect_wait: Duration::ZERO,
        auth_failures: Rate::per_minute(2),
        buckets: 10,
        posted_bytes: 0,
    })
}

fn from(peer: &str, headers: &[(&'static str, &str)]) -> RequestHead {
    let mut request = TestRequest::default();
    request.insert_header(("host", "chat.example.com"));
    for (name, value) in headers {
        request.append_header((*name, *value));
    }
    let mut request = request.finish();
    request.head_mut().peer_addr = Some(format!("{peer}:1").parse().unwrap());
    let mut head = RequestHead::default();
    head.headers = request.head().headers.clone();
    head.peer_addr = request.head().peer_addr;
    head
}

#[test]
fn origins_are_matched_exactly() {
    let gate = gate(&["https://app.example.com"]);
    let status = |origin: &str| match gate.admit(&from("1.2.3.4", &[("origin", origin)]), false) {
        Ok(_) => 101,
        Err(problem) => problem.status,
    };
    assert_eq!(status("https://app.example.com"), 101);
    assert_eq!(status("HTTPS://APP.example.com"), 101);
    assert_eq!(status("https://chat.example.com"), 101, "the host that was asked");
    for origin in [
        "https://evil.com",
        "https://app.example.com.evil.com",
        "https://app.example.com:444",
        "http://app.example.com",
        "https://xapp.example.com",
        "http://localhost:3000",
        "null",
        "",
    ] {
        assert_eq!(status(origin), 403, "{origin}");
    }
}

#[test]
fn no_origin_is_no_browser_and_two_are_refused() {
    let gate = gate(&[]);
    assert!(gate.admit(&from("1.2.3.4", &[]), false).is_ok());
    let two =
        from("1.2.3.4", &[("origin", "https://chat.example.com"), ("origin", "https://chat.example.com")]);
    assert_eq!(gate.admit(&two, false).err().map(|problem| problem.code), Some("two_origins"));
}

#[test]
fn caps_hold_per_address_and_in_total_and_places_are_given_back() {
    let gate = gate(&[]);
    let admit = |peer: &str| gate.admit(&from(peer, &[]), false).map_err(|problem| problem.code);
    let first = admit("1.1.1.1").unwrap();
    let _second = admit("1.1.1.1").unwrap();
    assert_eq!(admit("1.1.1.1").err(), Some("address_full"));
    let _third = admit("2.2.2.2").unwrap();
    assert_eq!(admit("3.3.3.3").err(), Some("connections_full"));
    drop(first);
    assert!(admit("1.1.1.1").is_ok());
    assert_eq!(gate.connections(), 2);
}

#[test]
fn only_a_trusted_proxy_is_believed_about_its_client() {
    let gate = gate(&[]);
    let told = [("fly-client-ip", "9.9.9.9")];
    assert_eq!(gate.client_address(&from("10.1.2.3", &told)), Some("9.9.9.9".parse().unwrap()));
    assert_eq!(gate.client_address(&from("8.8.8.8", &told)), Some("8.8.8.8".parse().unwrap()));
    assert_eq!(gate.client_address(&from("10.1.2.3", &[])), Some("10.1.2.3".parse().unwrap()));
}

#[test]
fn what_a_client_says_of_itself_stands_before_what_the_proxy_saw() {
    let gate = gate(&[]);
    let told = |values: &[&'static str]| {
        let headers: Vec<_> = values.iter().map(|value| ("fly-client-ip", *value)).collect();
        gate.client_address(&from("10.1.2.3", &headers)).map(|address| address.to_string())
    };
    for (values, client) in [
        (&["6.6.6.6, 9.9.9.9"][..], "9.9.9.9"),
        (&["6.6.6.6", "9.9.9.9"], "9.9.9.9"),
        (&["6.6.6.6, 9.9.9.9, 10.9.9.9"], "9.9.9.9"),
        (&["6.6.6.6,9.9.9.9:4711"], "9.9.9.9"),
        (&["[2001:db8::1]:80"], "2001:db8::1"),
        (&["::ffff:9.9.9.9"], "9.9.9.9"),
        (&["6.6.6.6, unknown"], "10.1.2.3"),
        (&[""], "10.1.2.3"),
    ] {
        assert_eq!(told(values).as_deref(), Some(client), "{values:?}");
    }
}

#[test]
fn whoever_fails_too_often_is_sent_away_whatever_address_it_claims() {
    let gate = gate(&[]);
    let code = |peer: &str, told: &str| {
        gate.admit(&from(peer, &[("fly-client-ip", told)]), false).err().map(|problem| problem.code)
    };
    for told in ["1.1.1.1", "2.2.2.2"] {
        gate.note_failure(gate.client_address(&from("8.8.8.8", &[("fly-client-ip", told)])));
    }
    let sent_away = Some("too_many_failures");
    assert_eq!((code("8.8.8.8", "3.3.3.3"), code("8.8.8.8", "8.8.8.9")), (sent_away, sent_away));
    assert_eq!((code("1.1.1.1", ""), code("10.0.0.1", "1.1.1.1")), (None, None));
    assert_eq!(code("10.0.0.1", "8.8.8.8"), sent_away, "by the word of the proxy it is the same");
}

#[test]
fn one_who_has_a_network_of_addresses_has_the_places_of_one() {
    let gate = gate(&[]);
    let from = |address: &'static str| from("10.0.0.1", &[("fly-client-ip", address)]);
    let _places = [
        gate.admit(&from("2001:db8::1"), false).ok().unwrap(),
        gate.admit(&from("2001:db8::2"), false).ok().unwrap(),
    ];
    let third = gate.admit(&from("2001:db8::3"), false).err().map(|problem| problem.code);
    assert_eq!(third, Some("address_full"));
    assert!(gate.admit(&from("2001:db8:0:1::1"), false).is_ok());
}

#[test]
fn nobody_is_let_in_while_draining() {
    let problem = gate(&[]).admit(&from("1.1.1.1", &[]), true).err().unwrap();
    assert_eq!((problem.status, problem.code, problem.retry_after), (503, "draining", Some(5)));
}
