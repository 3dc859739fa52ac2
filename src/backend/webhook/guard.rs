//! Which addresses a webhook may reach. Pure.
//!
//! Only what is public, unless it was expressly allowed: no name and no way of writing an address gets around it,
//! because the address itself is what counts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// Whether the operator allowed an address though it is private.
pub type Allowed = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

#[derive(Clone)]
pub struct Guard {
    pub allowed: Allowed,
    /// The connection is not encrypted, which is for allowed addresses only.
    pub only_allowed: bool,
}

/// Why an address may not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    #[error("{0} is not a public address, and webhooks.allowed_networks does not name it")]
    Private(IpAddr),
    #[error("{0} is not in webhooks.allowed_networks, so it is reached by https only")]
    Unencrypted(IpAddr),
}

impl Guard {
    pub fn check(&self, address: IpAddr) -> Result<(), Forbidden> {
        // An IPv4 address wrapped in IPv6 is reached as itself.
        let address = address.to_canonical();
        if (self.allowed)(address) {
            return Ok(());
        }
        if !is_public(address) {
            return Err(Forbidden::Private(address));
        }
        if self.only_allowed { Err(Forbidden::Unencrypted(address)) } else { Ok(()) }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Everything but the special-purpose blocks that the IANA registry says are not global.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..] | [224..=255, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [172, second, ..] => (16..32).contains(&second),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [192, 168, ..] | [198, 18 | 19, ..] => true,
        [169, 254, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        _ => false,
    };
    !special
}

/// Only what is handed out to the world (2000::/3), without tunnels, translations and examples within it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = first & 0xe000 == 0x2000;
    let special = match first {
        // 2001::/23 holds Teredo and other protocols, 2001:db8::/32 the examples.
        0x2001 => second < 0x0200 || second == 0x0db8,
        0x2002 => true,
        0x3fff => second < 0x1000,
        _ => false,
    };
    global && !special
}
