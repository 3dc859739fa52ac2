//! What came of it: who came back when, and whether anything confirmed was lost or told twice.

use super::herd::Herd;
use crate::load::lags::Percentiles;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

#[derive(Serialize)]
pub struct Wave {
    all_back_millis: u128,
    all_heard_millis: u128,
}

impl Wave {
    pub fn new(all_back: Duration, all_heard: Duration) -> Self {
        Self { all_back_millis: all_back.as_millis(), all_heard_millis: all_heard.as_millis() }
    }
}

#[derive(Serialize)]
pub struct Verdict {
    waves: Vec<Wave>,
    outages: u64,
    attempts: u64,
    turned_away: u64,
    /// Each client's way back, from the end of its connection to its welcome.
    back: Percentiles,
    /// Of a hundred outages; who never came back is in none.
    back_within_1s_percent: f64,
    back_within_5s_percent: f64,
    back_within_30s_percent: f64,
    still_out: usize,
    posted: u64,
    confirmed: u64,
    repeated: u64,
    refused: u64,
    unconfirmed: usize,
    /// From the moment each was due to its confirmation, outages included.
    answers: Percentiles,
    /// Confirmed numbers that some client never heard, one for each such client.
    lost: u64,
    /// Numbers told to a client that had them.
    duplicated: u64,
    resets: u64,
    /// Everybody was in, and heard and confirmed were equal, before patience ended.
    settled: bool,
}

impl Verdict {
    pub fn on(herd: &Herd, waves: Vec<Wave>, settled: bool) -> Self {
        let (back, answers, counts) = (herd.back.borrow(), herd.answers.borrow(), &herd.counts);
        let sum =
            |count: fn(&super::member::Member) -> u64| herd.members.iter().map(|member| count(member)).sum();
        let outages = counts.outages.get();
        // of those who came back, scaled to all who were cut off
        let returned = if outages == 0 { 1.0 } else { ratio(back.count(), outages) };
        let within = |seconds| back.percent_within(Duration::from_secs(seconds)) * returned;
        Self {
            waves,
            outages,
            attempts: counts.attempts.get(),
            turned_away: counts.turned_away.get(),
            back: back.percentiles(),
            back_within_1s_percent: within(1),
            back_within_5s_percent: within(5),
            back_within_30s_percent: within(30),
            still_out: herd.members.len() - herd.inside.get(),
            posted: counts.posted.get(),
            confirmed: counts.confirmed.get(),
            repeated: counts.repeated.get(),
            refused: counts.refused.get(),
            unconfirmed: herd.members.iter().map(|member| member.unconfirmed()).sum(),
            answers: answers.percentiles(),
            lost: sum(|member| member.lacks() + member.hearing.borrow().missed),
            duplicated: sum(|member| member.hearing.borrow().repeated),
            resets: sum(|member| member.hearing.borrow().resets),
            settled,
        }
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    let small = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    small(part) / small(whole).max(1.0)
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Wave { all_back_millis, all_heard_millis } in &self.waves {
            write!(out, "all back after {all_back_millis} ms, all heard after {all_heard_millis} ms; ")?;
        }
        let Self { outages, back_within_30s_percent, back, posted, confirmed, lost, duplicated, .. } = self;
        write!(out, "{outages} outages, {back_within_30s_percent:.2} % back within 30 s, {back}; ")?;
        write!(out, "{posted} posted, {confirmed} confirmed, {lost} lost, {duplicated} told twice")?;
        if self.resets > 0 {
            write!(out, ", {} told to start afresh", self.resets)?;
        }
        if !self.settled {
            let (out_there, waiting) = (self.still_out, self.unconfirmed);
            write!(out, "; NOT SETTLED: {out_there} still out, {waiting} never confirmed")?;
        }
        Ok(())
    }
}
