//! The negotiation: what a client offers in `Sec-WebSocket-Extensions` and what it is answered. Pure.
//!
//! An offer that is malformed, or asks for what cannot be given, is declined and the next one is looked at; to decline
//! all is no error. Each offer is read once, from left to right, and no more of them than a client has reason to send.

/// The most bytes of offers that are read; past it all are declined. Browsers send under 100.
const LONGEST: usize = 2048;
const NAME: &str = "permessage-deflate";

/// Base-2 logarithm of the furthest a client can look back while it inflates, 8 to 15. No zlib compresses with 8, but
/// what is no longer than such a window needs no smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window(u8);

impl Window {
    pub const LARGEST: Self = Self(15);

    pub fn new(bits: u8) -> Option<Self> {
        (8..=15).contains(&bits).then_some(Self(bits))
    }

    pub fn bits(self) -> u8 {
        self.0
    }

    pub fn bytes(self) -> usize {
        1 << self.0
    }
}

/// The first offer that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    pub window: Window,
    /// The client asked for that window and must hear of it.
    asked: bool,
}

impl Agreed {
    /// The value of the header that answers. Both sides forget after each message, so that nobody keeps a window;
    /// of its own window a client need not hear, because ours is the largest.
    pub fn answer(self) -> String {
        let mut answer = format!("{NAME}; server_no_context_takeover; client_no_context_takeover");
        if self.asked {
            answer.push_str(&format!("; server_max_window_bits={}", self.window.bits()));
        }
        answer
    }
}

/// What of these header values can be agreed on.
pub fn agree<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Option<Agreed> {
    if values.clone().map(str::len).sum::<usize>() > LONGEST {
        return None;
    }
    values.flat_map(|value| value.split(',')).find_map(offer)
}

fn offer(text: &str) -> Option<Agreed> {
    let mut pieces = text.split(';').map(str::trim);
    if pieces.next() != Some(NAME) {
        return None;
    }
    let mut seen = Seen::default();
    pieces.try_for_each(|piece| seen.take(piece))?;
    let asked = seen.server_window.is_some();
    Some(Agreed { window: seen.server_window.unwrap_or(Window::LARGEST), asked })
}

/// The parameters of one offer so far.
#[derive(Default)]
struct Seen {
    server_forgets: bool,
    client_forgets: bool,
    server_window: Option<Window>,
    client_window: bool,
}

impl Seen {
    /// None declines the offer: an unknown parameter, a wrong value, or the same one again.
    fn take(&mut self, piece: &str) -> Option<()> {
        let (name, value) = match piece.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(bits(value.trim_start())?)),
            None => (piece, None),
        };
        let fresh = match (name, value) {
            ("server_no_context_takeover", None) => !std::mem::replace(&mut self.server_forgets, true),
            ("client_no_context_takeover", None) => !std::mem::replace(&mut self.client_forgets, true),
            ("client_max_window_bits", _) => !std::mem::replace(&mut self.client_window, true),
            ("server_max_window_bits", Some(bits)) => {
                self.server_window.replace(Window::new(bits)?).is_none()
            }
            _ => false,
        };
        fresh.then_some(())
    }
}

/// 8 to 15, without leading zeros, bare or quoted (RFC 6455 section 9.1).
fn bits(value: &str) -> Option<u8> {
    let quoted = value.strip_prefix('"').map(|rest| rest.strip_suffix('"'));
    match quoted.unwrap_or(Some(value))? {
        "8" => Some(8),
        "9" => Some(9),
        two if two.len() == 2 => two.parse().ok().filter(|bits| (10..=15).contains(bits)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(offers: &[&str]) -> Option<String> {
        agree(offers.iter().copied()).map(Agreed::answer)
    }

    const BOTH: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    #[test]
    fn what_browsers_and_libraries_offer_is_taken() {
        for offer in [
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate",
            "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; client_max_window_bits=15",
            "permessage-deflate;client_max_window_bits = \"10\"",
            "x-webkit-deflate-frame, permessage-deflate",
        ] {
            assert_eq!(answer(&[offer]).as_deref(), Some(BOTH), "{offer}");
        }
    }

    #[test]
    fn a_smaller_window_is_kept_and_confirmed() {
        for bits in 8..=15 {
            let offer =
                format!("permessage-deflate; server_max_window_bits={bits}; client_max_window_bits=8");
            let agreed = agree([offer.as_str()].into_iter()).unwrap();
            assert_eq!(agreed.window.bytes(), 1 << bits);
            assert_eq!(agreed.answer(), format!("{BOTH}; server_max_window_bits={bits}"));
        }
    }

    #[test]
    fn an_offer_that_cannot_be_kept_is_declined() {
        for offer in [
            "",
            "permessage-bzip2",
            "Permessage-Deflate",
            "permessage-deflate;",
            "permessage-deflate; ;client_max_window_bits",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=010",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits=+12",
            "permessage-deflate; server_max_window_bits=\"12",
            "permessage-deflate; server_max_window_bits=12; server_max_window_bits=12",
            "permessage-deflate; client_max_window_bits=0",
            "permessage-deflate; client_max_window_bits; client_max_window_bits",
            "permessage-deflate; server_no_context_takeover=15",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; level=9",
        ] {
            assert_eq!(answer(&[offer]), None, "{offer}");
        }
    }

    #[test]
    fn the_next_offer_is_looked_at_after_one_that_was_declined() {
        let first = "permessage-deflate; server_max_window_bits=7";
        assert_eq!(answer(&[first, "permessage-deflate"]).as_deref(), Some(BOTH));
        assert_eq!(answer(&[&format!("{first}, permessage-deflate")]).as_deref(), Some(BOTH));
    }

    #[test]
    fn endless_offers_are_not_read() {
        let many = "permessage-deflate; level=9, ".repeat(100);
        assert_eq!(answer(&[&many, "permessage-deflate"]), None);
    }

    proptest! {
        #[test]
        fn any_text_is_declined_or_answered(offers in prop::collection::vec("(permessage-deflate)?[ -~;,=\"]{0,60}", 0..4)) {
            let told = agree(offers.iter().map(String::as_str)).map(Agreed::answer);
            prop_assert!(told.is_none_or(|told| told.starts_with(BOTH)));
        }
    }
}
