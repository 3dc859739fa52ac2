//! How long clients were away, and how many of them came back at the same time.

use std::fmt;
use std::time::Duration;

use crate::client::Client;
use crate::history::Micros;

#[derive(Default)]
pub struct Returns {
    took: Vec<Micros>,
    at: Vec<Micros>,
}

impl Returns {
    pub fn count(&mut self, client: &Client) {
        // The first coming is no return.
        self.took.extend(client.returns.iter().skip(1));
        self.at.extend(client.returned_at.iter().skip(1));
        self.took.sort_unstable();
        self.at.sort_unstable();
    }

    pub fn number(&self) -> usize {
        self.took.len()
    }

    pub fn longer_than(&self, patience: Duration) -> usize {
        self.took.iter().filter(|took| Duration::from_micros(**took) > patience).count()
    }

    /// The most that came back within any stretch of this length.
    pub fn most_within(&self, stretch: Duration) -> usize {
        let stretch = Micros::try_from(stretch.as_micros()).unwrap();
        let from = |first: usize| self.at[first..].partition_point(|at| *at < self.at[first] + stretch);
        (0..self.at.len()).map(from).max().unwrap_or(0)
    }
}

impl fmt::Display for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at =
            |share: usize| self.took.get((self.took.len() * share / 1000).min(self.took.len().max(1) - 1));
        let shown = |share| Duration::from_micros(at(share).copied().unwrap_or_default());
        let (number, second) = (self.number(), self.most_within(Duration::from_secs(1)));
        write!(
            f,
            "{number} returns, away p50 {:.1?} p999 {:.1?}, {second} at most in a second",
            shown(500),
            shown(999)
        )
    }
}

#[test]
fn the_thickest_stretch_is_found() {
    let at = vec![0, 900_000, 1_000_000, 1_100_000, 1_899_999, 5_000_000];
    let returns = Returns { took: vec![1, 2, 31_000_000], at };
    assert_eq!(returns.most_within(Duration::from_secs(1)), 4);
    assert_eq!(returns.most_within(Duration::from_secs(9)), 6);
    assert_eq!(returns.longer_than(Duration::from_secs(30)), 1);
    assert_eq!(Returns::default().most_within(Duration::from_secs(1)), 0);
}
