//! What a poll is answered with, made shorter for clients that take it so. Pure.
//!
//! What is short, or would not get shorter, stays as it is.

use flate2::{Compress, Compression, FlushCompress, Status};

/// As stock servers have it.
const LEAST: usize = 1024;
/// The furthest that anybody looks back.
const WINDOW: u8 = 15;

/// A body, and in which coding it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squeezed {
    pub bytes: Vec<u8>,
    /// As `Content-Encoding` says it.
    pub coding: &'static str,
}

/// `accept` is the client's `Accept-Encoding`; `level`: 1 to 9. None: it gets the body as it is.
pub fn squeezed(accept: &str, level: u8, plain: &[u8]) -> Option<Squeezed> {
    if plain.len() < LEAST {
        return None;
    }
    let (by_gzip, by_deflate) = (liking(accept, "gzip"), liking(accept, "deflate"));
    let level = Compression::new(level.into());
    let (coding, mut compress) = if by_gzip > 0.0 && by_gzip >= by_deflate {
        ("gzip", Compress::new_gzip(level, WINDOW))
    } else if by_deflate > 0.0 {
        ("deflate", Compress::new(level, true))
    } else {
        return None;
    };
    // What finds no room in this has not become shorter.
    let mut bytes = Vec::with_capacity(plain.len());
    let status = compress.compress_vec(plain, &mut bytes, FlushCompress::Finish);
    (status.ok() == Some(Status::StreamEnd)).then_some(Squeezed { bytes, coding })
}

/// How much the client wants this coding, from 0 to 1 (RFC 9110 section 12.5.3).
fn liking(accept: &str, name: &str) -> f32 {
    let wanted = accept.split(',').find_map(|piece| {
        let (coding, parameter) = piece.split_once(';').unwrap_or((piece, ""));
        coding.trim().eq_ignore_ascii_case(name).then_some(parameter.trim())
    });
    match wanted {
        Some(weight) => weight.strip_prefix("q=").map_or(1.0, |weight| weight.parse().unwrap_or(0.0)),
        None => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::*;

    fn told(accept: &str, plain: &str) -> Option<Squeezed> {
        squeezed(accept, 3, plain.as_bytes())
    }

    #[test]
    fn a_client_gets_what_it_likes_best_of_what_it_takes() {
        let plain = "4hello\x1e".repeat(200);
        for (accept, coding) in [
            ("", None),
            ("br", None),
            ("identity", None),
            ("gzip;q=0", None),
            ("gzip;q=odd, x", None),
            ("GZIP ; q=0.1", Some("gzip")),
            ("gzip, deflate, br", Some("gzip")),
            ("deflate", Some("deflate")),
            ("gzip;q=0.5, deflate;q=0.8", Some("deflate")),
        ] {
            let told = told(accept, &plain);
            assert_eq!(told.as_ref().map(|told| told.coding), coding, "{accept:?}");
            let Some(Squeezed { bytes, coding }) = told else { continue };
            let mut inflate = match coding {
                "gzip" => Decompress::new_gzip(WINDOW),
                _ => Decompress::new(true),
            };
            let mut read = Vec::with_capacity(plain.len() + 1);
            let end = inflate.decompress_vec(&bytes, &mut read, FlushDecompress::Finish);
            assert!(end.ok() == Some(Status::StreamEnd) && read == plain.as_bytes(), "{coding}");
        }
    }

    #[test]
    fn what_is_short_or_does_not_get_shorter_stays_as_it_is() {
        assert_eq!(told("gzip", &"a".repeat(1023)), None);
        assert!(told("gzip", &"a".repeat(1024)).is_some());
        let mut state = 7_u32;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x4E00 + (state >> 19)).unwrap_or('x')
        });
        let noise: String = noise.take(400).collect();
        let told = told("gzip", &noise);
        assert!(told.is_none_or(|told| told.bytes.len() < noise.len()));
    }
}
