//! What a bucket promises, by example and for any spending at all.

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

#[test]
fn a_burst_passes_and_then_the_rate() {
    let (bucket, rate) = (Bucket::default(), Rate::per_second(10, 3));
    let start = Duration::from_secs(5);
    for _ in 0..3 {
        assert_eq!(bucket.spend(&rate, start, 1), Ok(()));
    }
    assert_eq!(bucket.spend(&rate, start, 1), Err(MS * 100));
    assert_eq!(bucket.spend(&rate, start + MS * 60, 1), Err(MS * 40));
    assert_eq!(bucket.spend(&rate, start + MS * 100, 1), Ok(()));
    assert_eq!(bucket.spend(&rate, start + MS * 100, 2), Err(MS * 200));
    assert_eq!(bucket.spend(&rate, start + MS * 300, 2), Ok(()));
}

#[test]
fn a_refusal_costs_nothing_and_what_is_given_back_can_be_spent_again() {
    let (bucket, rate) = (Bucket::default(), Rate::per_second(1, 2));
    assert_eq!(bucket.spend(&rate, MS, 2), Ok(()));
    for _ in 0..100 {
        assert_eq!(bucket.spend(&rate, MS, 1), Err(MS * 1000));
    }
    bucket.give_back(&rate, 1);
    assert_eq!(bucket.spend(&rate, MS, 1), Ok(()));
    assert_eq!(bucket.spend(&rate, MS, 1), Err(MS * 1000));
}

#[test]
fn giving_back_saves_up_no_more_than_the_burst() {
    let (bucket, rate) = (Bucket::default(), Rate::per_second(1, 2));
    bucket.give_back(&rate, 2);
    assert_eq!(bucket.spend(&rate, MS, 2), Ok(()));
    assert!(bucket.spend(&rate, MS, 1).is_err());
}

#[test]
fn turns_are_handed_out_one_behind_the_other_until_the_wait_is_too_long() {
    let (bucket, rate) = (Bucket::default(), Rate::per_second(100, 1));
    for turn in 0..=5 {
        assert_eq!(bucket.reserve(&rate, MS, 1, MS * 50), Ok(MS * 10 * turn));
    }
    assert_eq!(bucket.reserve(&rate, MS, 1, MS * 50), Err(MS * 10));
    assert_eq!(bucket.reserve(&rate, MS * 11, 1, MS * 50), Ok(MS * 50));
}

#[test]
fn no_rate_is_no_limit_and_what_can_never_be_saved_up_takes_all_there_is() {
    let bucket = Bucket::default();
    for _ in 0..1000 {
        assert_eq!(bucket.spend(&Rate::OFF, MS, u64::MAX), Ok(()));
    }
    let rate = Rate::per_second(10, 5);
    assert_eq!(bucket.spend(&rate, MS, 1_000_000), Ok(()));
    assert_eq!(bucket.spend(&rate, MS, 1_000_000), Err(MS * 500));
}

#[test]
fn it_is_eight_bytes_and_full_once_everything_is_earned_back() {
    assert_eq!(size_of::<Bucket>(), 8);
    let (bucket, rate) = (Bucket::default(), Rate::per_minute(60));
    assert!(bucket.is_full(MS));
    assert_eq!(bucket.spend(&rate, MS, 2), Ok(()));
    assert!(!bucket.is_full(MS * 2000));
    assert!(bucket.is_full(MS * 2001));
}

fn rates() -> impl Strategy<Value = Rate> {
    let per = prop_oneof![Just(Duration::from_secs(1)), Just(Duration::from_secs(60))];
    (1_u64..10_000_000, per, 1_u64..1_000_000).prop_map(|(units, per, burst)| Rate { units, per, burst })
}

/// Pauses in nanoseconds and what is spent after each.
fn spendings() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((prop_oneof![Just(0), 0_u64..5_000_000_000], 0_u64..2000), 1..200)
}

proptest! {
    #[test]
    fn never_more_than_the_burst_and_what_was_earned(rate in rates(), spendings in spendings()) {
        let (bucket, mut now, mut spent) = (Bucket::default(), 0_u64, 0_u128);
        for (pause, cost) in spendings {
            now += pause;
            let cost = cost.min(rate.burst);
            if bucket.spend(&rate, Duration::from_nanos(now), cost).is_ok() {
                spent += u128::from(cost);
            }
            // Both sides times `per`, so that nothing is lost by division; rounding may give a nanosecond away.
            let earned = u128::from(rate.units) * u128::from(now + 1);
            let allowed = u128::from(rate.burst) * rate.per.as_nanos() + earned;
            prop_assert!(spent * rate.per.as_nanos() <= allowed);
        }
    }

    #[test]
    fn a_refusal_ends_exactly_when_it_says(rate in rates(), spendings in spendings()) {
        let (bucket, mut now) = (Bucket::default(), 0_u64);
        for (pause, cost) in spendings {
            now += pause;
            if let Err(wait) = bucket.spend(&rate, Duration::from_nanos(now), cost) {
                let wait = u64::try_from(wait.as_nanos()).unwrap();
                prop_assert!(wait > 0);
                let early = bucket.spend(&rate, Duration::from_nanos(now + wait - 1), cost);
                prop_assert_eq!(early, Err(Duration::from_nanos(1)));
                now += wait;
                prop_assert_eq!(bucket.spend(&rate, Duration::from_nanos(now), cost), Ok(()));
            }
        }
    }

    #[test]
    fn whoever_waits_longer_or_asks_for_less_is_never_worse_off(
        rate in rates(), spendings in spendings(), later in 0_u64..1_000_000_000, less in 0_u64..2000,
    ) {
        let (bucket, mut now) = (Bucket::default(), 0_u64);
        for (pause, cost) in spendings {
            now += pause;
            let at = Duration::from_nanos(now);
            let (patient, modest) = (Bucket::default(), Bucket::default());
            for copy in [&patient, &modest] {
                copy.0.store(bucket.0.load(Relaxed), Relaxed);
            }
            let wait = bucket.spend(&rate, at, cost).err().unwrap_or_default();
            let after = at + Duration::from_nanos(later);
            prop_assert!(patient.spend(&rate, after, cost).err().unwrap_or_default() <= wait);
            prop_assert!(modest.spend(&rate, at, cost.min(less)).err().unwrap_or_default() <= wait);
        }
    }
}
