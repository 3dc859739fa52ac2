//! A file inside a message: as bytes, as base64, or as a data URL. Pure: its length is known before it is decoded.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

/// What clients write: with padding or without.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why it is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttachedError {
    #[error("is empty")]
    Empty,
    #[error("has more than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("is neither base64 nor a data url")]
    Malformed,
}

/// Bytes that came as they are.
pub fn from_bytes(bytes: Bytes, limit: u64) -> Result<Bytes, AttachedError> {
    if bytes.is_empty() {
        return Err(AttachedError::Empty);
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Ok(bytes)
    } else {
        Err(AttachedError::TooLarge { limit })
    }
}

/// `data:image/png;base64,…`, or the base64 alone. The type such a URL names is not believed.
pub fn from_text(text: &str, limit: u64) -> Result<Bytes, AttachedError> {
    let encoded = match text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        None => text,
        Some(scheme) => {
            let rest = text.get(scheme.len()..).unwrap_or_default();
            let (terms, encoded) = rest.split_once(',').ok_or(AttachedError::Malformed)?;
            if !terms.to_ascii_lowercase().ends_with(";base64") {
                return Err(AttachedError::Malformed);
            }
            encoded
        }
    };
    let encoded = encoded.trim();
    // Three bytes stand in four characters; what is longer is not even decoded.
    let most = u64::try_from(encoded.trim_end_matches('=').len()).unwrap_or(u64::MAX);
    if most.saturating_mul(3) / 4 > limit {
        return Err(AttachedError::TooLarge { limit });
    }
    let decoded = ENGINE.decode(encoded).map_err(|_| AttachedError::Malformed)?;
    from_bytes(decoded.into(), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_data_urls_are_the_bytes_they_stand_for() {
        for text in [
            "aGVsbG8=",
            "aGVsbG8",
            " aGVsbG8=\n",
            "data:text/plain;base64,aGVsbG8=",
            "DATA:;BASE64,aGVsbG8",
            "data:text/plain;charset=utf-8;base64,aGVsbG8=",
        ] {
            assert_eq!(from_text(text, 5), Ok(Bytes::from_static(b"hello")), "{text}");
        }
    }

    #[test]
    fn what_is_no_file_says_why() {
        let large = Err(AttachedError::TooLarge { limit: 4 });
        assert_eq!(from_text("aGVsbG8=", 4), large);
        assert_eq!(from_bytes(Bytes::from_static(b"hello"), 4), large);
        assert_eq!(from_text(&"!".repeat(1 << 20), 4), large);
        for text in ["", "   ", "data:;base64,"] {
            assert_eq!(from_text(text, 4), Err(AttachedError::Empty), "{text}");
        }
        for text in ["!!!!", "a", "data:text/plain,hi", "data:;base64", "data:", "aGV\0"] {
            assert_eq!(from_text(text, 9), Err(AttachedError::Malformed), "{text}");
        }
    }
}
