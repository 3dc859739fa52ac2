//! Which numbers of its room one client has heard.
//!
//! Pure. A number that comes twice, or not before the next, is counted and never forgiven.

use serde::Deserialize;
use std::borrow::Cow;

/// What matters of a frame; all kinds of frames fit.
#[derive(Deserialize, Default)]
pub struct Told<'a> {
    #[serde(borrow)]
    pub r#type: Cow<'a, str>,
    #[serde(default, borrow, rename = "tempId")]
    pub temp_id: Option<Cow<'a, str>>,
    #[serde(default)]
    pub data: Option<Numbered>,
    #[serde(default)]
    pub epoch: Option<String>,
    #[serde(default)]
    pub seq: Option<u64>,
    #[serde(default)]
    pub retry: bool,
}

#[derive(Deserialize, Default)]
pub struct Numbered {
    #[serde(default)]
    pub seq: Option<u64>,
    #[serde(default)]
    pub epoch: Option<String>,
}

#[derive(Default)]
pub struct Hearing {
    /// None until it was let in for the first time.
    epoch: Option<String>,
    heard: u64,
    pub missed: u64,
    pub repeated: u64,
    /// How often it was told to start afresh.
    pub resets: u64,
}

impl Hearing {
    pub fn heard(&self) -> u64 {
        self.heard
    }

    /// What to add to the query to be told exactly what was missed.
    pub fn resume(&self) -> String {
        let Self { epoch, heard, .. } = self;
        epoch.as_ref().map(|epoch| format!("&since={heard}&epoch={epoch}")).unwrap_or_default()
    }

    /// The welcome says where the room stands; only a newcomer begins there.
    pub fn welcomed(&mut self, told: &Told<'_>) {
        if self.epoch.is_none() {
            self.epoch = told.epoch.clone();
            self.heard = told.seq.unwrap_or_default();
        }
    }

    pub fn reset(&mut self, numbered: Numbered) {
        self.resets += 1;
        self.epoch = numbered.epoch;
        self.heard = numbered.seq.unwrap_or_default();
    }

    pub fn hear(&mut self, seq: u64) {
        if seq <= self.heard {
            self.repeated += 1;
            return;
        }
        self.missed += seq - self.heard - 1;
        self.heard = seq;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_repeats_are_counted() {
        let mut hearing = Hearing::default();
        assert_eq!(hearing.resume(), "");
        let told: Told<'_> = serde_json::from_str(r#"{"type":"connected","epoch":"e1","seq":4}"#).unwrap();
        hearing.welcomed(&told);
        [5, 6, 6, 9].into_iter().for_each(|seq| hearing.hear(seq));
        hearing.welcomed(&Told { seq: Some(50), ..Told::default() });
        assert_eq!((hearing.missed, hearing.repeated, hearing.heard()), (2, 1, 9));
        assert_eq!(hearing.resume(), "&since=9&epoch=e1");
    }

    #[test]
    fn a_frame_is_read_whatever_it_says() {
        let text =
            r#"{"data":{"id":"m","seq":7,"duplicate":true},"tempId":"3","timestamp":"t","type":"sent"}"#;
        let told: Told<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((told.temp_id.as_deref(), told.data.and_then(|data| data.seq)), (Some("3"), Some(7)));
    }
}
