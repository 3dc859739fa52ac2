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
fn nobody_is_let_in_while_draining() {
    let problem = gate(&[]).admit(&from("1.1.1.1", &[]), true).err().unwrap();
    assert_eq!((problem.status, problem.code, problem.retry_after), (503, "draining", Some(5)));
}
