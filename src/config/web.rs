//! Whether a text is a web address or an origin.
//!
//! It guarantees that an origin accepted here is one a browser could send: exact, with no path and no pattern.

use url::{Host, Url};

pub(super) fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whoever can change an answer on its way can change what it says: plain http only where nobody can.
pub(super) fn is_trusted_address(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_private(&url),
        _ => false,
    }
}

fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => !name.contains('.') || name.ends_with(".internal"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_private(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unique_local(),
        None => false,
    }
}

pub(super) fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let bare = url.username().is_empty() && url.password().is_none();
    let pathless = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    url.has_host() && bare && pathless && !text.ends_with('/') && !text.contains('*')
}
