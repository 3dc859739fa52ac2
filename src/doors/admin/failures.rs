//! Failed attempts by address: whoever has too many within a minute waits for its end.
//!
//! Memory is bounded: past so many addresses those whose minute is over go, and then newcomers share one count.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use dashmap::DashMap;
use tokio::time::Instant;

use crate::doors::problem::Problem;

const MINUTE: Duration = Duration::from_secs(60);
const MOST_FAILURES: u32 = 10;
const MOST_ADDRESSES: usize = 4096;
const EVERYBODY_ELSE: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

#[derive(Default)]
pub struct Failures(DashMap<IpAddr, Minute>);

struct Minute {
    began: Instant,
    failures: u32,
}

impl Failures {
    pub(super) fn check(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        let Some(minute) = self.0.get(&self.key(address)) else { return Ok(()) };
        let left = MINUTE.saturating_sub(minute.began.elapsed());
        if left.is_zero() || minute.failures < MOST_FAILURES {
            return Ok(());
        }
        let detail = "too many failed attempts from this address";
        Err(Problem::new(429, "too_many_failures", detail).retry_after(left.as_secs() + 1))
    }

    pub(super) fn note(&self, address: Option<IpAddr>) {
        if self.0.len() >= MOST_ADDRESSES {
            self.0.retain(|_, minute| minute.began.elapsed() < MINUTE);
        }
        let key = self.key(address);
        let mut minute = self.0.entry(key).or_insert_with(|| Minute { began: Instant::now(), failures: 0 });
        if minute.began.elapsed() >= MINUTE {
            *minute = Minute { began: Instant::now(), failures: 0 };
        }
        minute.failures = minute.failures.saturating_add(1);
    }

    fn key(&self, address: Option<IpAddr>) -> IpAddr {
        let known = |address: &IpAddr| self.0.len() < MOST_ADDRESSES || self.0.contains_key(address);
        address.filter(known).unwrap_or(EVERYBODY_ELSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> Option<IpAddr> {
        Some(IpAddr::from(number.to_be_bytes()))
    }

    #[test]
    fn ten_failures_are_enough_and_hurt_nobody_else() {
        let failures = Failures::default();
        for _ in 0..MOST_FAILURES {
            assert_eq!(failures.check(address(1)), Ok(()));
            failures.note(address(1));
        }
        let refused = failures.check(address(1)).unwrap_err();
        assert_eq!((refused.status, refused.code), (429, "too_many_failures"));
        assert!(refused.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)), "{refused:?}");
        assert_eq!(failures.check(address(2)), Ok(()));
    }

    #[test]
    fn no_number_of_addresses_fills_the_memory() {
        let failures = Failures::default();
        for number in 0..10_000 {
            failures.note(address(number));
        }
        assert_eq!(failures.0.len(), MOST_ADDRESSES + 1);
        assert!(failures.check(address(20_000)).is_err(), "newcomers share one count");
        assert_eq!(failures.check(address(5)), Ok(()));
    }
}
