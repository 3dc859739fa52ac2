//! Failed authentications, by address: whoever has too many is sent away before anything is verified for them.

use std::net::IpAddr;

use recado_actors::limiter::{Buckets, Moment, Rate};

use crate::doors::problem::Problem;

/// Addresses as `household` has them.
pub struct Failures(Buckets<IpAddr>);

impl Failures {
    pub fn new(rate: Rate, most: usize) -> Self {
        Self(Buckets::new(rate, most))
    }

    /// A forged token or a wrong secret came from there.
    pub fn note(&self, address: &IpAddr, now: Moment) {
        // Whoever is past the limit already cannot be further past it.
        let _ = self.0.spend(address, now, 1);
    }

    pub fn check(&self, address: &IpAddr, now: Moment) -> Result<(), Problem> {
        let wait = self.0.wait(address, now);
        if wait.is_zero() {
            return Ok(());
        }
        let detail = "too many failed authentications from this address";
        Err(Problem::new(429, "too_many_failures", detail).retry_within(wait))
    }
}
