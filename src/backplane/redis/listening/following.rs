//! Which channels are wished for, which are followed, and what to ask of the server next. Pure.
//!
//! A wish outlives every connection; whoever waits for it is answered when the server has confirmed it.

use std::collections::{HashMap, HashSet};

use tokio::sync::oneshot;

/// The most channels in one command.
const AT_ONCE: usize = 512;

pub(in crate::backplane::redis) enum Wish {
    Follow { channel: String, done: oneshot::Sender<()> },
    Leave { channel: String },
}

/// One command to the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Errand {
    Follow(Vec<String>),
    Leave(Vec<String>),
    Ping,
}

pub(super) struct Following {
    /// The channel that must be followed before anything else counts.
    probe: String,
    wished: HashSet<String>,
    /// Asked of this connection, or about to be.
    followed: HashSet<String>,
    to_follow: HashSet<String>,
    to_leave: HashSet<String>,
    waiting: HashMap<String, Vec<oneshot::Sender<()>>>,
}

impl Following {
    pub(super) fn new(probe: String) -> Self {
        Self {
            wished: HashSet::from([probe.clone()]),
            probe,
            followed: HashSet::new(),
            to_follow: HashSet::new(),
            to_leave: HashSet::new(),
            waiting: HashMap::new(),
        }
    }

    pub(super) fn note(&mut self, wish: Wish) {
        match wish {
            Wish::Follow { channel, done } => {
                self.wished.insert(channel.clone());
                if self.followed.contains(&channel) {
                    self.to_leave.remove(&channel);
                    // Whoever wished may be gone.
                    let _ = done.send(());
                    return;
                }
                let waiting = self.waiting.entry(channel.clone()).or_default();
                waiting.retain(|done| !done.is_closed());
                waiting.push(done);
                self.to_follow.insert(channel);
            }
            Wish::Leave { channel } => {
                self.wished.remove(&channel);
                self.waiting.remove(&channel);
                self.to_follow.remove(&channel);
                if self.followed.contains(&channel) {
                    self.to_leave.insert(channel);
                }
            }
        }
    }

    /// A new connection follows nothing yet.
    pub(super) fn is_connected(&mut self) {
        self.to_follow = self.wished.clone();
    }

    pub(super) fn is_cut_off(&mut self) {
        self.followed.clear();
        self.to_leave.clear();
    }

    /// What to do next; the probe's channel goes last, so that all others are followed once it is heard.
    pub(super) fn next_errand(&mut self, silent: bool) -> Option<Errand> {
        let leave: Vec<String> = self.to_leave.iter().take(AT_ONCE).cloned().collect();
        if !leave.is_empty() {
            for channel in &leave {
                self.to_leave.remove(channel);
                self.followed.remove(channel);
            }
            return Some(Errand::Leave(leave));
        }
        let others = self.to_follow.iter().filter(|channel| **channel != self.probe);
        let mut follow: Vec<String> = others.take(AT_ONCE).cloned().collect();
        if follow.len() < AT_ONCE && self.to_follow.contains(&self.probe) {
            follow.push(self.probe.clone());
        }
        if !follow.is_empty() {
            for channel in &follow {
                self.to_follow.remove(channel);
            }
            return Some(Errand::Follow(follow));
        }
        silent.then_some(Errand::Ping)
    }

    /// The server confirmed it; true if now everything is followed that was when the connection was made.
    pub(super) fn is_done(&mut self, errand: Errand) -> bool {
        let Errand::Follow(channels) = errand else { return false };
        let whole = channels.contains(&self.probe);
        for channel in channels {
            for done in self.waiting.remove(&channel).into_iter().flatten() {
                // Whoever wished may be gone.
                let _ = done.send(());
            }
            if !self.wished.contains(&channel) {
                self.to_leave.insert(channel.clone());
            }
            self.followed.insert(channel);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(following: &mut Following, channel: &str) -> oneshot::Receiver<()> {
        let (done, followed) = oneshot::channel();
        following.note(Wish::Follow { channel: channel.into(), done });
        followed
    }

    fn leave(following: &mut Following, channel: &str) {
        following.note(Wish::Leave { channel: channel.into() });
    }

    fn channels(errand: Option<Errand>) -> Vec<String> {
        let Some(Errand::Follow(mut channels)) = errand else { panic!("nothing to follow") };
        channels.sort();
        channels
    }

    fn connected() -> Following {
        let mut following = Following::new("probe".into());
        following.is_connected();
        let errand = following.next_errand(false).unwrap();
        assert!(following.is_done(errand));
        following
    }

    #[test]
    fn a_wish_is_answered_when_it_is_confirmed_and_outlives_the_connection() {
        let mut following = connected();
        let mut followed = follow(&mut following, "a");
        let errand = following.next_errand(false).unwrap();
        assert!(followed.try_recv().is_err());
        assert!(!following.is_done(errand));
        assert!(followed.try_recv().is_ok());
        assert!(follow(&mut following, "a").try_recv().is_ok());
        following.is_cut_off();
        let mut again = follow(&mut following, "a");
        assert!(again.try_recv().is_err());
        following.is_connected();
        assert_eq!(channels(following.next_errand(false)), ["a", "probe"]);
    }

    #[test]
    fn a_wish_taken_back_is_left_whenever_that_comes() {
        let mut following = connected();
        follow(&mut following, "a");
        let errand = following.next_errand(false).unwrap();
        leave(&mut following, "a");
        assert_eq!(following.next_errand(false), None);
        following.is_done(errand);
        assert_eq!(following.next_errand(false), Some(Errand::Leave(vec!["a".into()])));
        follow(&mut following, "a");
        assert_eq!(channels(following.next_errand(false)), ["a"]);

        follow(&mut following, "b");
        leave(&mut following, "b");
        assert_eq!(following.next_errand(false), None);
        assert_eq!(following.next_errand(true), Some(Errand::Ping));
    }

    #[test]
    fn many_channels_go_in_pieces_with_the_probe_last() {
        let mut following = Following::new("probe".into());
        for number in 0..AT_ONCE * 2 {
            follow(&mut following, &number.to_string());
        }
        following.is_connected();
        let mut pieces = Vec::new();
        while let Some(errand) = following.next_errand(false) {
            pieces.push(following.is_done(errand));
        }
        assert_eq!(pieces, [false, false, true]);
    }
}
