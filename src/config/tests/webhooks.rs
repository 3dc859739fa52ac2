//! What is said about webhooks that cannot work, or would reach where nothing may.
//!
//! An address is never repeated: many carry a token.

use super::{from_env, told};
use crate::config::Mode;

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn told_of(url: &str, more: &[(&str, &str)]) -> Vec<String> {
    let usual = [("RECADO_BACKEND__MODE", "notify"), ("RECADO_WEBHOOKS__URLS", url), ("WEBHOOK_SECRET", KEY)];
    told(from_env(&[&usual, more].concat()))
}

#[test]
fn to_notify_there_must_be_somebody_and_something_to_sign_with() {
    let lines = told(from_env(&[("RECADO_BACKEND__MODE", "notify")]));
    assert_eq!(
        lines,
        [
            "backend.mode: is \"notify\", but webhooks.urls names nobody to be told (from RECADO_BACKEND__MODE)",
            "backend.mode: is \"notify\", but webhooks.secrets holds nothing to sign with (from RECADO_BACKEND__MODE)",
        ]
    );
    let lines = told(from_env(&[("RECADO_BACKEND__MODE", "shout")]));
    assert!(lines.len() == 1 && lines[0].contains("shout"), "{lines:?}");
    assert_eq!(from_env(&[]).unwrap().backend.mode, Mode::Record);
    let unused = from_env(&[("RECADO_WEBHOOKS__URLS", "https://app.example.com/")]).unwrap();
    assert_eq!(unused.warnings(), ["webhooks.urls: are not used while backend.mode is \"record\""]);
}

#[test]
fn an_address_is_https_outside_and_whole() {
    for good in ["https://app.example.com/hooks?token=x", "https://1.1.1.1/", "https://app.example.com:8443"]
    {
        assert_eq!(told_of(good, &[]), Vec::<String>::new(), "{good}");
    }
    for (wrong, why) in [
        ("app.example.com/hunter2", "is not an https address"),
        ("ftp://app.example.com/hunter2", "is not an https address"),
        ("http://app.example.com/hunter2", "is plain http"),
        ("https://me:hunter2@app.example.com/", "has a user, a password or a fragment"),
        ("https://127.0.0.1/hunter2", "is a private address"),
        ("https://2130706433/hunter2", "is a private address"),
        ("https://0177.0.0.1/hunter2", "is a private address"),
        ("https://[::ffff:10.0.0.1]/hunter2", "is a private address"),
        ("https://[fdaa::3]/hunter2", "is a private address"),
        ("https://169.254.169.254/hunter2", "is a private address"),
    ] {
        let lines = told_of(wrong, &[]);
        assert!(lines.len() == 1 && lines[0].starts_with("webhooks.urls: address 1 "), "{wrong}: {lines:?}");
        assert!(lines[0].contains(why) && !lines[0].contains("hunter2"), "{lines:?}");
    }
    let twice = told_of("https://app.example.com/,https://app.example.com/", &[]);
    assert!(twice[0].contains("address 2 stands there twice"), "{twice:?}");
}

#[test]
fn what_is_allowed_may_be_private_and_plain() {
    let allowed = [("RECADO_WEBHOOKS__ALLOWED_NETWORKS", "127.0.0.0/8, fdaa::/16")];
    for good in ["http://127.0.0.1:3000/", "http://[fdaa::3]/", "http://app.internal/", "https://127.0.0.2/"]
    {
        assert_eq!(told_of(good, &allowed), Vec::<String>::new(), "{good}");
    }
    assert_eq!(told_of("http://10.0.0.1/", &allowed).len(), 1);
    let lines = told_of("https://a.example/", &[("RECADO_WEBHOOKS__ALLOWED_NETWORKS", "10.0.0.0/99")]);
    assert!(lines[0].starts_with("webhooks.allowed_networks: \"10.0.0.0/99\" is neither"), "{lines:?}");
}

#[test]
fn keys_and_waits_make_sense() {
    let url = "https://app.example.com/";
    let three = [KEY; 3].join(",");
    for (variable, value, why) in [
        ("RECADO_WEBHOOKS__SECRETS", "hunter2", "secret 1 is not whsec_ and base64"),
        ("RECADO_WEBHOOKS__SECRETS", "whsec_AAAA", "secret 1 holds 3 bytes, 24 to 64 are needed"),
        ("RECADO_WEBHOOKS__SECRETS", &three, "holds 3 secrets"),
        ("RECADO_WEBHOOKS__RETRY_SECONDS", "5,0", "0 is not between 1 and 2592000"),
        ("RECADO_WEBHOOKS__RETRY_SECONDS", "5,soon", "expected an integer, found \"soon\""),
    ] {
        let lines = told_of(url, &[(variable, value)]);
        assert!(lines.len() == 1 && lines[0].contains(why), "{lines:?}");
        assert!(!lines[0].contains("hunter2") && !lines[0].contains(KEY), "{lines:?}");
    }
    let usual = [("RECADO_WEBHOOKS__RETRY_SECONDS", "5, 300")];
    assert_eq!(from_env(&usual).unwrap().webhooks.retry_seconds, [5, 300]);
    let shown =
        format!("{:?}", from_env(&[("WEBHOOK_SECRET", KEY), ("RECADO_WEBHOOKS__URLS", url)]).unwrap());
    assert!(!shown.contains(KEY) && !shown.contains("app.example.com"), "{shown}");
}
