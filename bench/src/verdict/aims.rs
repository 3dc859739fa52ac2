//! The speed that must be reached, one line for each promise.

#[derive(Clone, Copy)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(limit) => value >= limit,
            Self::AtMost(limit) => value <= limit,
        }
    }

    pub fn limit(self) -> f64 {
        match self {
            Self::AtLeast(limit) | Self::AtMost(limit) => limit,
        }
    }

    pub fn sign(self) -> char {
        match self {
            Self::AtLeast(_) => '≥',
            Self::AtMost(_) => '≤',
        }
    }

    /// 1 is the aim itself, more is better, whichever way the figure goes.
    pub fn share(self, value: f64) -> f64 {
        match self {
            Self::AtLeast(limit) => value / limit,
            Self::AtMost(limit) => limit / value.max(limit / 100.0),
        }
    }
}

pub struct Aim {
    pub title: &'static str,
    /// Which runs of bench/compare.sh.
    pub figure: &'static str,
    pub who: &'static str,
    /// Whose figure of the same round it is divided by.
    pub against: Option<&'static str>,
    /// Where in the report the figure stands.
    pub field: &'static str,
    /// Divides the figure before it is shown.
    pub scale: f64,
    pub unit: &'static str,
    pub bound: Bound,
}

const MERIT: &str = "/deliveries_per_cpu_second";

const fn ratio(
    title: &'static str,
    figure: &'static str,
    against: &'static str,
    field: &'static str,
    bound: Bound,
) -> Aim {
    Aim { title, figure, who: "recado", against: Some(against), field, scale: 1.0, unit: "times", bound }
}

const fn figure(
    title: &'static str,
    figure: &'static str,
    field: &'static str,
    scale: f64,
    unit: &'static str,
    bound: Bound,
) -> Aim {
    Aim { title, figure, who: "recado", against: None, field, scale, unit, bound }
}

pub const AIMS: &[Aim] = &[
    ratio(
        "fan-out to 1,000, 1 in flight, beside the floor",
        "fanout-1",
        "floor-each",
        MERIT,
        Bound::AtLeast(0.95),
    ),
    ratio(
        "fan-out to 1,000, 32 in flight, beside the coalescing floor",
        "fanout-32",
        "floor-turn",
        MERIT,
        Bound::AtLeast(0.7),
    ),
    ratio(
        "fan-out to 1,000, 32 in flight, beside Socket.IO",
        "fanout-32",
        "socketio",
        MERIT,
        Bound::AtLeast(10.0),
    ),
    ratio(
        "500 rooms of two, durable, beside Socket.IO without a store",
        "pairs",
        "socketio",
        MERIT,
        Bound::AtLeast(1.5),
    ),
    ratio("500 rooms of two, typing, beside the floor", "signals", "floor-each", MERIT, Bound::AtLeast(0.8)),
    ratio(
        "delivery p99 of 50 messages/s to 1,000, beside the floor",
        "paced",
        "floor-each",
        "/latency/p99_us",
        Bound::AtMost(1.15),
    ),
    figure(
        "durable answer p99, 1,000 messages/s over 200 rooms",
        "answers",
        "/latency/p99_us",
        1000.0,
        "ms",
        Bound::AtMost(10.0),
    ),
    figure(
        "idle connection, heap and stacks",
        "idle",
        "/anonymous_per_connection",
        1.0,
        "bytes",
        Bound::AtMost(3072.0),
    ),
    figure(
        "growth from the second cycle of connections to the last",
        "idle",
        "/growth_per_connection",
        1.0,
        "bytes",
        Bound::AtMost(32.0),
    ),
    figure(
        "connects with token and join per second of server time",
        "idle",
        "/connects_per_cpu_second",
        1.0,
        "a second",
        Bound::AtLeast(12_000.0),
    ),
    ratio(
        "fan-out, 1 in flight, with metrics, limits and logs beside without",
        "observed-1",
        "recado-bare",
        MERIT,
        Bound::AtLeast(0.95),
    ),
    ratio(
        "fan-out, 32 in flight, with metrics, limits and logs beside without",
        "observed-32",
        "recado-bare",
        MERIT,
        Bound::AtLeast(0.95),
    ),
    ratio(
        "group chat to 1,000, durable, 1 in flight, beside Socket.IO",
        "chat-1",
        "socketio",
        MERIT,
        Bound::AtLeast(2.0),
    ),
    ratio(
        "the same, clients' half of TCP on the load's core",
        "steered",
        "socketio",
        MERIT,
        Bound::AtLeast(2.0),
    ),
    ratio(
        "group chat to 1,000, durable, 32 in flight, beside Socket.IO",
        "chat-32",
        "socketio",
        MERIT,
        Bound::AtLeast(20.0),
    ),
    ratio(
        "500 chats of two, durable with answers, beside Socket.IO without a store",
        "chat-pairs",
        "socketio",
        MERIT,
        Bound::AtLeast(1.5),
    ),
    ratio(
        "200 chats of two by long polling, with answers, neither stores, beside Socket.IO",
        "polling",
        "socketio",
        MERIT,
        Bound::AtLeast(3.0),
    ),
    ratio(
        "500 chats of two with answers, neither stores, beside Socket.IO",
        "unstored",
        "socketio",
        MERIT,
        Bound::AtLeast(3.0),
    ),
    figure(
        "idle chat connection, heap and stacks",
        "chat-idle",
        "/anonymous_per_connection",
        1.0,
        "bytes",
        Bound::AtMost(4096.0),
    ),
    ratio(
        "chat connects with token per second of server time, beside Socket.IO",
        "chat-idle",
        "socketio",
        "/connects_per_cpu_second",
        Bound::AtLeast(3.0),
    ),
    figure("ready with a million entries", "ready", "/ready_millis", 1000.0, "s", Bound::AtMost(2.0)),
    figure("release binary", "size", "/bytes", 1_000_000.0, "MB", Bound::AtMost(40.0)),
];
