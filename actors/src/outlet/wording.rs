//! Announcements as one client takes them: in its dialect, in its wire's form, and only what is for it.
//!
//! Each line is made once for all outlets of one likeness.

use std::rc::Rc;

use bytes::Bytes;

use super::Outlet;
use crate::dialect::{Announcement, DialectId, Form, Hearers, Said};
use crate::id::UserId;

impl Outlet {
    /// Queues what many are told, as far as it is for this user.
    pub fn announce(self: &Rc<Self>, announcement: &Announcement, user: &UserId) {
        for said in self.said_in(announcement) {
            if self.is_to_hear(announcement, said, user) {
                self.push_bytes(self.words_of(said).clone(), announcement.lane());
            }
        }
    }

    /// How many bytes that would be; none if nothing of it is for this user.
    pub(crate) fn weight_of(&self, announcement: &Announcement, user: &UserId) -> usize {
        let said = self.said_in(announcement).iter();
        let told = said.filter(|said| self.is_to_hear(announcement, said, user));
        told.map(|said| self.words_of(said).len()).sum()
    }

    /// Is this line for this client, which is this user's? A connection may go by an alias.
    pub(crate) fn is_to_hear(&self, announcement: &Announcement, said: &Said, user: &UserId) -> bool {
        match said.hearers() {
            Hearers::Everyone => true,
            Hearers::Others => !self.caused(announcement, user),
            Hearers::AllButFrom(other) => self.alias.get() != Some(*other),
            Hearers::AllBut(other) => other != user,
            Hearers::Only(only) => only == user,
        }
    }

    /// What is said of an announcement in this client's dialect.
    pub(crate) fn said_in<'a>(&self, announcement: &'a Announcement) -> &'a [Said] {
        announcement.said(self.dialect.get(), self.flusher.dialects())
    }

    /// One line as this client takes it: made once for all who share dialect and form.
    pub(crate) fn words_of<'a>(&self, said: &'a Said) -> &'a Bytes {
        let frame = said.frame();
        let shaped = match self.wire.form(frame) {
            Form::BARE => Some(frame),
            form => said.shaped(form, || self.wire.shape(frame, form)),
        };
        shaped.unwrap_or(frame).wire()
    }

    /// Outlets of one likeness take every announcement in the same bytes.
    pub(crate) fn likeness(&self) -> (DialectId, u8) {
        (self.dialect.get(), self.wire.kind())
    }
}
