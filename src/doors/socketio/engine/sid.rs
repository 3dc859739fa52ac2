//! An Engine.IO session's id: secret, random, and with the node it lives on at its front.
//!
//! Whoever knows it speaks for the session, so 96 of its bits are random and it is in no log.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use recado_actors::id::NodeId;

/// Characters of base64url, as stock servers have them.
const CHARS: usize = 20;
const NODE_BYTES: usize = 3;
const BYTES: usize = 15;

/// 15 bytes: 3 that say which node, 12 that are random.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sid([u8; BYTES]);

impl Sid {
    /// None: the system has no randomness to give.
    pub fn fresh(node: &NodeId) -> Option<Self> {
        let mut bytes = [0; BYTES];
        rand::fill(&mut bytes).ok()?;
        for (place, byte) in bytes.iter_mut().zip(mark(node)) {
            *place = byte;
        }
        Some(Self(bytes))
    }

    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != CHARS {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Eight of its random bytes.
    pub fn half(&self) -> u64 {
        let [.., a, b, c, d, e, f, g, h] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// The session lives on this node, or on one that cannot be told from it.
    pub fn is_of(&self, node: &NodeId) -> bool {
        self.0.starts_with(&mark(node))
    }
}

/// Never the same for two lives of a node, because a node's id is not.
fn mark(node: &NodeId) -> [u8; NODE_BYTES] {
    let mut hasher = DefaultHasher::new();
    node.hash(&mut hasher);
    let [a, b, c, ..] = hasher.finish().to_be_bytes();
    [a, b, c]
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_20_characters_says_its_node_and_is_read_back() {
        let (here, there) = (NodeId::fresh("here"), NodeId::fresh("there"));
        let sid = Sid::fresh(&here).unwrap();
        assert_eq!(sid.to_string().len(), CHARS);
        assert!(Sid::parse(&sid.to_string()) == Some(sid));
        assert!(sid.is_of(&here) && !sid.is_of(&there));
        assert!(Sid::fresh(&here).unwrap() != sid);
    }

    #[test]
    fn what_is_no_id_is_none() {
        for odd in ["", "short", "!!!!!!!!!!!!!!!!!!!!", "áaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaa"] {
            assert!(Sid::parse(odd).is_none(), "{odd}");
        }
    }
}
