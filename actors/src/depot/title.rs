//! What a file is called, made fit to be shown: never a path, never a trick.

/// The most characters of a name, its extension included.
const TITLE_CHARS: usize = 180;
const EXTENSION_CHARS: usize = 16;
const NAMELESS: &str = "file";

/// The last part of a path, without characters that cannot be seen, turn text around or mean something to a shell.
pub fn clean_title(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let seen: String = last.chars().filter(|char| !is_unseen(*char)).map(tame).collect();
    let bare = seen.trim_matches(|char: char| char.is_whitespace() || char == '.');
    if bare.is_empty() { NAMELESS.to_owned() } else { shortened(bare) }
}

fn is_unseen(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}')
}

fn tame(char: char) -> char {
    if matches!(char, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { char }
}

/// Short enough, with its extension where that is one.
fn shortened(name: &str) -> String {
    if name.chars().count() <= TITLE_CHARS {
        return name.to_owned();
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let extension = extension.filter(|extension| extension.chars().count() <= EXTENSION_CHARS);
    let tail = extension.map(|extension| format!(".{extension}")).unwrap_or_default();
    let room = TITLE_CHARS.saturating_sub(tail.chars().count());
    name.chars().take(room).chain(tail.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_tricks() {
        for (sent, shown) in [
            ("photo.png", "photo.png"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\Users\\ann\\a.txt", "a.txt"),
            ("a\0b.txt", "ab.txt"),
            ("invoice\u{202e}gnp.exe", "invoicegnp.exe"),
            ("...", "file"),
            ("", "file"),
            ("/", "file"),
            (" .hidden ", "hidden"),
            ("a<b>:\"c\"|?*.txt", "a_b___c____.txt"),
            ("日本語 ação.pdf", "日本語 ação.pdf"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ] {
            assert_eq!(clean_title(sent), shown, "{sent:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let shown = clean_title(&format!("{}.jpeg", "é".repeat(5000)));
        assert_eq!(shown.chars().count(), TITLE_CHARS);
        assert!(shown.ends_with(".jpeg"));
        assert_eq!(clean_title(&format!("a.{}", "b".repeat(500))).chars().count(), TITLE_CHARS);
    }
}
