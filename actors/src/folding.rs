//! What texts have in common when case, accents and width are not looked at.
//!
//! What is stored folded is found by what is folded later: changing this means folding all of it again.

use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// `Ação` and `ACAO` are one; so are half and full width. Letters of scripts without accents stay what they are.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        // What ends a text for one store ends a word for all of them.
        return text.to_ascii_lowercase().replace('\0', " ");
    }
    let (apart, together) = (DecomposingNormalizer::new_nfkd(), ComposingNormalizer::new_nfc());
    let bare = apart.normalize_iter(text.chars()).filter(|letter| !is_accent(*letter));
    let mut folded = String::with_capacity(text.len());
    for letter in together.normalize_iter(bare).flat_map(char::to_lowercase) {
        match whole_letter(letter) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(letter),
        }
    }
    folded
}

/// Marks above and below letters. Those of Indic and Semitic scripts and of kana are not here: they make other words.
fn is_accent(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// Letters that Unicode takes for whole and readers for accented.
fn whole_letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\0' => " ",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ς' => "σ",
        // Nobody's letters: indexes use them for their own ends.
        '\u{f0000}'..='\u{10ffff}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_width_make_no_difference() {
        for (text, folded) in [
            ("AÇÃO", "acao"),
            ("Ac\u{327}a\u{303}o", "acao"),
            ("Łódź", "lodz"),
            ("Việt Nam", "viet nam"),
            ("STRASSE Straße", "strasse strasse"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("ＡＢＣ１", "abc1"),
            ("İstanbul", "istanbul"),
            ("a\0b é\0", "a b e "),
            ("a\u{f0000}b\u{10ffff}", "ab"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn what_is_another_letter_stays_one() {
        for text in ["が", "か", "한국어", "你好", "हिन्दी", "שלום", "👋🏽"] {
            assert_eq!(fold(text), text);
        }
    }
}
