//! Looking for messages by what they say, from the newest back.
//!
//! Every store decides by [`Search::look`], so all find the same; no search looks at more than it may.

use std::sync::Arc;

use crate::folding::fold;
use crate::id::Seq;
use crate::message::room::Entry;

/// The most messages that one search looks at.
pub const LOOKS: usize = 5000;

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// `MessagePosted` entries, oldest first, each with its message as it stands today.
    pub entries: Vec<Arc<Entry>>,
    /// What is older than this was not looked at; none: there is nothing older.
    pub rest: Option<Seq>,
}

/// A search under way.
pub struct Search {
    text: String,
    most: usize,
    looks: usize,
    /// Newest first.
    entries: Vec<Arc<Entry>>,
    rest: Option<Seq>,
}

impl Search {
    /// For at most so many messages that say this somewhere, whatever case and accents; nothing is said nowhere.
    pub fn new(text: &str, most: usize) -> Self {
        Self { text: fold(text), most, looks: 0, entries: Vec::new(), rest: None }
    }

    /// What is looked for, folded.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Looks at the next older message as it stands today; false: look no further.
    pub fn look(&mut self, entry: Arc<Entry>) -> bool {
        let seq = entry.seq;
        self.looks = self.looks.saturating_add(1);
        if self.says(&entry) {
            if self.entries.len() == self.most {
                self.rest = Some(self.entries.last().map_or(seq.next(), |oldest| oldest.seq));
                return false;
            }
            self.entries.push(entry);
        }
        if self.looks >= LOOKS {
            self.rest = Some(seq);
        }
        self.rest.is_none()
    }

    fn says(&self, entry: &Entry) -> bool {
        let Some(message) = entry.body.message().filter(|message| !message.deleted) else { return false };
        !self.text.is_empty() && fold(&message.content).contains(&self.text)
    }

    pub fn end(mut self) -> Found {
        self.entries.reverse();
        Found { entries: self.entries, rest: self.rest }
    }
}
