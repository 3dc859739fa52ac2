//! A client of Socket.IO that keeps what stock clients keep to return with: its pid, and the last text that ended an event.

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::guests::Caller;
use crate::house::{House, SOON};

/// What a client brings back.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub mount: &'static str,
    pub sid: Value,
    pub pid: Value,
    pub offset: Option<String>,
}

pub struct Returner {
    pub caller: Caller,
    pub place: Place,
    /// The events before it was told that it is in: names and first arguments.
    pub missed: Vec<Value>,
}

impl Place {
    /// As a stock client asks: what it shows, and what it keeps beside it.
    pub fn asks(&self, mut auth: Value) -> Value {
        if auth.is_null() {
            auth = json!({});
        }
        auth["pid"] = self.pid.clone();
        if let Some(offset) = &self.offset {
            auth["offset"] = json!(offset);
        }
        auth
    }

    /// Comes back with this, whatever it finds.
    pub async fn returns(&self, house: &House, auth: Value) -> Returner {
        let mut returner = Returner::comes(house, self.mount, self.asks(auth)).await;
        // Stock clients do not forget where they were when they come as somebody new.
        returner.place.offset = returner.place.offset.or(self.offset.clone());
        returner
    }

    /// Comes back, as who it was, after exactly these events.
    pub async fn is_recovered(&self, house: &House, auth: Value, missed: Value) -> Returner {
        let returner = self.returns(house, auth).await;
        assert_eq!((&returner.place.sid, &returner.place.pid), (&self.sid, &self.pid), "it is not recovered");
        assert_eq!(Value::Array(returner.missed.clone()), missed);
        returner
    }

    /// Comes back as somebody new, and is told nothing of what was.
    pub async fn is_a_newcomer(&self, house: &House, auth: Value) -> Returner {
        let returner = self.returns(house, auth).await;
        assert_ne!(returner.place.sid, self.sid, "{self:?}");
        assert_ne!(returner.place.pid, self.pid, "{self:?}");
        assert!(returner.place.pid.is_string());
        assert_eq!(returner.missed, Vec::<Value>::new());
        returner
    }
}

impl Returner {
    pub async fn comes(house: &House, mount: &'static str, auth: Value) -> Self {
        let mut caller = Caller::arrives(house, mount).await;
        caller.joins(auth).await;
        let place = Place { mount, sid: Value::Null, pid: Value::Null, offset: None };
        let mut returner = Self { caller, place, missed: Vec::new() };
        loop {
            let packet = returner.caller.hears_packet().await;
            if let Some(known) = packet.strip_prefix("40") {
                let known: Value = serde_json::from_str(known).expect("JSON");
                (returner.place.sid, returner.place.pid) = (known["sid"].clone(), known["pid"].clone());
                return returner;
            }
            let (name, args) = returner.takes(&packet).await;
            returner.missed.push(json!([name, args[0]]));
        }
    }

    /// An event with all that belongs to it; where it stands is noted and not shown.
    async fn takes(&mut self, packet: &str) -> (String, Vec<Value>) {
        let start = packet.find('[').unwrap_or_else(|| panic!("no event: {packet}"));
        if let Some(count) = packet.strip_prefix("45").and_then(|rest| rest.split('-').next()) {
            for _ in 0..count.parse().expect("a count") {
                assert!(self.caller.next().await.is_binary(), "its attachments follow");
            }
        }
        let mut event: Vec<Value> = serde_json::from_str(&packet[start..]).expect("an event");
        if let Some(Value::String(offset)) = event.last() {
            self.place.offset = Some(offset.clone());
            event.pop();
        }
        let name = event.remove(0).as_str().expect("a name").to_owned();
        (name, event)
    }

    /// The next event, which must have this name: its first argument.
    pub async fn hears(&mut self, name: &str) -> Value {
        let packet = self.caller.hears_packet().await;
        let (heard, mut args) = self.takes(&packet).await;
        assert_eq!(heard, name, "{packet}");
        args.truncate(1);
        args.pop().unwrap_or(Value::Null)
    }

    pub async fn says(&mut self, name: &str, args: Value) {
        self.caller.says(name, args).await;
    }

    /// Its connection is gone without a word.
    pub fn drops(self) -> Place {
        self.place
    }

    pub async fn leaves(self) -> Place {
        self.caller.leaves().await;
        self.place
    }

    /// Is hung up on; where it stood.
    pub async fn ends(mut self) -> Place {
        let cut = async { while let Some(Ok(_)) = self.caller.socket.next().await {} };
        timeout(SOON, cut).await.expect("it is hung up on in time");
        self.place
    }
}
