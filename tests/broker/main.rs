//! Stories: people, rooms, and what they hear, told over the wire through the same start as production.
//!
//! Each story boots an app of its own on a free port and ends it; what is left behind then fails the story.

mod house;
mod person;
mod tokens;

mod talking;
