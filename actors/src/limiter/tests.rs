//! Which limits a command is held to, and that one it does not get past takes nothing from the others.

use super::*;

const NOW: Moment = Duration::from_secs(1);

fn limiter(change: impl FnOnce(&mut RateLimits)) -> Arc<Limiter> {
    let off = Rate::OFF;
    let mut limits =
        RateLimits { connection: off, user: off, address: off, room: off, ..RateLimits::default() };
    change(&mut limits);
    Limiter::new(limits, Vitals::new(|_| {}))
}

type Setting = fn(&mut RateLimits, Rate);

struct Client {
    own: Bucket,
    user: UserId,
    address: IpAddr,
    room: RoomId,
}

fn client(user: &str, address: &str, room: &str) -> Client {
    let user = UserId::parse(user).unwrap();
    Client {
        own: Bucket::default(),
        user,
        address: address.parse().unwrap(),
        room: RoomId::chat(room).unwrap(),
    }
}

impl Client {
    fn asks(&self, limiter: &Limiter, ask: Ask) -> Result<(), Duration> {
        let Self { own, user, address, room } = self;
        let parties = Parties { user: Some(user), address: Some(address), room: Some(room) };
        limiter.spend(own, parties, NOW, ask)
    }
}

fn refusals(limiter: &Limiter) -> Vec<(&'static str, u64)> {
    limiter.vitals.counts.rate_limited.all()
}

#[test]
fn every_scope_has_a_limit_of_its_own() {
    let rate = Rate::per_second(10, 10);
    let cases: [(&str, Setting, Client); 4] = [
        ("connection", |limits, rate| limits.connection = rate, client("bob", "192.0.2.2", "b")),
        ("user", |limits, rate| limits.user = rate, client("ann", "192.0.2.2", "b")),
        ("address", |limits, rate| limits.address = rate, client("bob", "192.0.2.1", "b")),
        ("room", |limits, rate| limits.room = rate, client("bob", "192.0.2.2", "a")),
    ];
    for (scope, set, other) in cases {
        let limiter = limiter(|limits| set(limits, rate));
        let ann = client("ann", "192.0.2.1", "a");
        assert_eq!(ann.asks(&limiter, Ask::Message), Ok(()), "{scope}");
        let wait = ann.asks(&limiter, Ask::Message);
        assert_eq!(wait, Err(Duration::from_secs(1)), "{scope}");
        // Another connection that has nothing but this in common.
        assert_eq!(other.asks(&limiter, Ask::Message).is_err(), scope != "connection", "{scope}");
        let stranger = client("eve", "192.0.2.3", "c");
        assert_eq!(stranger.asks(&limiter, Ask::Message), Ok(()), "{scope}");
        let refused = if scope == "connection" { 1 } else { 2 };
        assert_eq!(refusals(&limiter), [(scope, refused)]);
    }
}

#[test]
fn a_command_over_one_limit_takes_nothing_from_the_others() {
    let limiter = limiter(|limits| {
        limits.connection = Rate::per_second(1, 20);
        limits.user = Rate::per_second(1, 20);
        limits.address = Rate::per_second(1, 20);
        limits.room = Rate::per_second(10, 10);
    });
    let ann = client("ann", "192.0.2.1", "a");
    assert_eq!(ann.asks(&limiter, Ask::Message), Ok(()));
    for _ in 0..50 {
        assert_eq!(ann.asks(&limiter, Ask::Message), Err(Duration::from_secs(1)));
    }
    let elsewhere = Client { room: RoomId::chat("b").unwrap(), ..ann };
    assert_eq!(elsewhere.asks(&limiter, Ask::Message), Ok(()));
    assert_eq!(elsewhere.asks(&limiter, Ask::Message), Err(Duration::from_secs(10)), "the longest wait");
}

#[test]
fn commands_cost_what_was_set() {
    let limiter = limiter(|limits| limits.connection = Rate::per_second(1, 43));
    let ann = client("ann", "192.0.2.1", "a");
    for ask in [Ask::Message, Ask::Agent, Ask::History, Ask::Typing, Ask::Receipt, Ask::Other] {
        assert_eq!(ann.asks(&limiter, ask), Ok(()), "{ask:?}");
    }
    assert_eq!(ann.asks(&limiter, Ask::Other), Err(Duration::from_secs(1)));
    assert_eq!(ann.asks(&limiter, Ask::History), Err(Duration::from_secs(20)));
}

#[test]
fn a_household_is_one_address() {
    let home = |address: &str| household(address.parse().unwrap()).to_string();
    assert_eq!(home("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(home("2001:db8:1:2::9"), home("2001:db8:1:2:ffff::"));
    assert_ne!(home("2001:db8:1:2::9"), home("2001:db8:1:3::9"));
    assert_eq!((home("192.0.2.1"), home("::ffff:192.0.2.1")), ("192.0.2.1".into(), "192.0.2.1".into()));
}
