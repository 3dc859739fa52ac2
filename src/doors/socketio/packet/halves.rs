//! Halves of characters. JavaScript cuts texts between the two UTF-16 units of one character and sends what is left as
//! an escape of its own (`"\ud83d"`), which is JSON to it and to nobody else.
//!
//! Nobody loses a connection over a cut emoji: each half becomes U+FFFD, as browsers do with text that is no UTF-8.

const REPLACEMENT: &str = "\\ufffd";
/// Of `uXXXX`.
const ESCAPE: usize = 5;
/// Of `uXXXX\uXXXX`.
const PAIR: usize = 2 * ESCAPE + 1;

/// The same JSON with no half character in it; none if there was none.
pub(super) fn mended(json: &str) -> Option<String> {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    let mut found = false;
    while let Some((before, escape)) = rest.split_once('\\') {
        mended.push_str(before);
        let (is_half, length) = measured(escape);
        let (escape, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        found |= is_half;
        if is_half {
            mended.push_str(REPLACEMENT);
        } else {
            mended.push('\\');
            mended.push_str(escape);
        }
        rest = after;
    }
    mended.push_str(rest);
    found.then_some(mended)
}

/// Is what follows a backslash half a character, and how long is it?
fn measured(escape: &str) -> (bool, usize) {
    match unit(escape) {
        Some(0xD800..=0xDBFF) => {
            let next = escape.get(ESCAPE..).and_then(|next| unit(next.strip_prefix('\\')?));
            let is_pair = next.is_some_and(|low| matches!(low, 0xDC00..=0xDFFF));
            (!is_pair, if is_pair { PAIR } else { ESCAPE })
        }
        Some(0xDC00..=0xDFFF) => (true, ESCAPE),
        Some(_) => (false, ESCAPE),
        None => (false, escape.chars().next().map_or(0, char::len_utf8)),
    }
}

fn unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix('u')?.get(..ESCAPE - 1)?;
    u16::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn half_a_character_becomes_the_sign_for_what_is_lost() {
        for (json, expected) in [
            (r#""\ud83d""#, "\u{FFFD}"),
            (r#""\ude00 \uD83D!""#, "\u{FFFD} \u{FFFD}!"),
            (r#""\ud83d\ud83d\ude00""#, "\u{FFFD}\u{1F600}"),
            (r#""\ud83d\n""#, "\u{FFFD}\n"),
            (r#""\\ud83d \ud83d""#, "\\ud83d \u{FFFD}"),
        ] {
            assert!(serde_json::from_str::<Value>(json).is_err(), "{json} needed no mending");
            assert_eq!(serde_json::from_str::<Value>(&mended(json).unwrap()).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_whole_is_left_alone() {
        for json in [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u00e9\n""#, r#""\u+123""#, "\"\\", "\\é", ""]
        {
            assert_eq!(mended(json), None, "{json}");
        }
    }

    proptest! {
        #[test]
        fn mending_finds_every_half(json in r#""(\\u(d[89a-f][0-9]{2}|00e9)|\\\\|\\n|[a-zé]){0,12}""#) {
            let mended = mended(&json);
            let text = mended.as_ref().unwrap_or(&json);
            prop_assert!(serde_json::from_str::<String>(text).is_ok());
            prop_assert_eq!(mended.is_some(), serde_json::from_str::<String>(&json).is_err());
        }

        #[test]
        fn any_text_is_mended_once(text in "(\\\\|u|d8|[0-9a-f]|\\PC){0,40}") {
            prop_assert!(mended(&text).is_none_or(|text| super::mended(&text).is_none()));
        }
    }
}
