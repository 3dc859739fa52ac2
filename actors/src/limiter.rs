//! How much clients may ask for: per connection, user, address and room, with a cost for each kind of command.
//!
//! A command over any of these limits spends from none of them. It keeps no client's state but how much was spent,
//! and of that no more than it was told to.

mod allowance;
mod bucket;
mod buckets;

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::id::{RoomId, UserId};
use crate::vitals::Vitals;

pub use allowance::{Allowance, FLOOD_WINDOW};
pub use bucket::{Bucket, Moment, Rate};
pub use buckets::Buckets;

/// What a client asks for, as far as its cost goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Message,
    Agent,
    History,
    Typing,
    Receipt,
    /// What no room hears of: pings, a new token, frames that make no sense.
    Other,
}

/// What each costs, in the units of the rates.
#[derive(Debug, Clone, Copy)]
pub struct Costs {
    pub message: u64,
    pub agent: u64,
    pub history: u64,
    pub typing: u64,
    pub receipt: u64,
    pub other: u64,
}

/// All limits on what clients ask for.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    pub connection: Rate,
    pub user: Rate,
    pub address: Rate,
    pub room: Rate,
    pub costs: Costs,
    /// The most users, the most addresses and the most rooms that are told apart.
    pub buckets: usize,
    /// Refusals one connection may cause at once, and again in each [`FLOOD_WINDOW`].
    pub flood_refusals: u64,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            connection: Rate::per_second(500, 2000),
            user: Rate::per_second(1000, 4000),
            address: Rate::per_second(10_000, 40_000),
            room: Rate::per_second(20_000, 80_000),
            costs: Costs { message: 10, agent: 10, history: 20, typing: 1, receipt: 1, other: 1 },
            buckets: 100_000,
            flood_refusals: 100,
        }
    }
}

impl RateLimits {
    fn cost(&self, ask: Ask) -> u64 {
        match ask {
            Ask::Message => self.costs.message,
            Ask::Agent => self.costs.agent,
            Ask::History => self.costs.history,
            Ask::Typing => self.costs.typing,
            Ask::Receipt => self.costs.receipt,
            Ask::Other => self.costs.other,
        }
    }
}

/// Whose limits count, beside the connection's own.
#[derive(Debug, Clone, Copy, Default)]
struct Parties<'a> {
    user: Option<&'a UserId>,
    address: Option<&'a IpAddr>,
    room: Option<&'a RoomId>,
}

/// Shared by all connections of one broker.
pub struct Limiter {
    limits: RateLimits,
    start: Instant,
    users: Buckets<UserId>,
    addresses: Buckets<IpAddr>,
    rooms: Buckets<RoomId>,
    vitals: Arc<Vitals>,
}

impl Limiter {
    pub fn new(limits: RateLimits, vitals: Arc<Vitals>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            start: Instant::now(),
            users: Buckets::new(limits.user, limits.buckets),
            addresses: Buckets::new(limits.address, limits.buckets),
            rooms: Buckets::new(limits.room, limits.buckets),
            vitals,
        })
    }

    fn now(&self) -> Moment {
        self.start.elapsed()
    }

    /// Spends in every scope or in none; how long to wait if it is too much for any.
    fn spend(&self, own: &Bucket, parties: Parties<'_>, now: Moment, ask: Ask) -> Result<(), Duration> {
        let Parties { user, address, room } = parties;
        let (cost, rate) = (self.limits.cost(ask), &self.limits.connection);
        let of_connection = own.spend(rate, now, cost);
        let of_user = spend(&self.users, user, now, cost);
        let of_address = spend(&self.addresses, address, now, cost);
        let of_room = spend(&self.rooms, room, now, cost);
        let outcomes =
            [("connection", of_connection), ("user", of_user), ("address", of_address), ("room", of_room)];
        let refused = outcomes.iter().filter_map(|(scope, outcome)| outcome.err().map(|wait| (*scope, wait)));
        let Some(longest) = refused.clone().map(|(_, wait)| wait).max() else { return Ok(()) };
        refused.for_each(|(scope, _)| self.vitals.counts.rate_limited.count(scope));
        if of_connection.is_ok() {
            own.give_back(rate, cost);
        }
        give_back(&self.users, user.filter(|_| of_user.is_ok()), cost);
        give_back(&self.addresses, address.filter(|_| of_address.is_ok()), cost);
        give_back(&self.rooms, room.filter(|_| of_room.is_ok()), cost);
        Err(longest)
    }
}

fn spend<K: Eq + Hash + Clone>(
    buckets: &Buckets<K>,
    party: Option<&K>,
    now: Moment,
    cost: u64,
) -> Result<(), Duration> {
    party.map_or(Ok(()), |party| buckets.spend(party, now, cost))
}

fn give_back<K: Eq + Hash + Clone>(buckets: &Buckets<K>, party: Option<&K>, cost: u64) {
    if let Some(party) = party {
        buckets.give_back(party, cost);
    }
}

/// Whoever has one IPv6 address has the 2^64 beside it as well, so they count as one.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests;
