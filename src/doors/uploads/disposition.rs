//! Whether a browser shows a file or saves it, and under which name (RFC 6266).

use std::fmt::Write;

/// `attachment; filename="…"; filename*=UTF-8''…`. Nothing of the name can end the header or its quotes.
pub(super) fn disposition(title: &str, is_shown: bool) -> String {
    let kind = if is_shown { "inline" } else { "attachment" };
    let plain: String = title
        .chars()
        .map(|char| match char {
            '"' | '\\' | '%' => '_',
            ' '..='~' => char,
            _ => '_',
        })
        .collect();
    let mut value = format!("{kind}; filename=\"{plain}\"");
    if plain != title {
        value.push_str("; filename*=UTF-8''");
        for byte in title.bytes() {
            let is_plain = byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
            // Writing to a text cannot fail.
            let _ =
                if is_plain { write!(value, "{}", char::from(byte)) } else { write!(value, "%{byte:02X}") };
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_into_the_header_and_not_out_of_it() {
        assert_eq!(disposition("a b.png", true), "inline; filename=\"a b.png\"");
        assert_eq!(
            disposition("ação €.pdf", false),
            "attachment; filename=\"a__o _.pdf\"; filename*=UTF-8''a%C3%A7%C3%A3o%20%E2%82%AC.pdf"
        );
        assert_eq!(
            disposition("a\"; x=\r\n", false),
            "attachment; filename=\"a_; x=__\"; filename*=UTF-8''a%22%3B%20x%3D%0D%0A"
        );
    }
}
