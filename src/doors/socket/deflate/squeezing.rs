//! What a poll is answered with, made shorter for clients that take it so. Pure.
//!
//! What is short, or would not get shorter, stays as it is.

use std::io::Write;

use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT_ENCODING, AcceptEncoding, ContentEncoding, Encoding, Header};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

/// As stock servers have it.
const LEAST: usize = 1024;

/// A body, and in which coding it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squeezed {
    pub bytes: Vec<u8>,
    pub coding: ContentEncoding,
}

/// `level`: 1 to 9. None: the client gets it as it is.
pub fn squeezed(request: &HttpRequest, level: u8, plain: &[u8]) -> Option<Squeezed> {
    if plain.len() < LEAST {
        return None;
    }
    let coding = coding(request)?;
    let level = Compression::new(level.into());
    let bytes = match coding {
        ContentEncoding::Gzip => {
            let mut squeezing = GzEncoder::new(Vec::new(), level);
            squeezing.write_all(plain).and_then(|()| squeezing.finish())
        }
        _ => {
            let mut squeezing = ZlibEncoder::new(Vec::new(), level);
            squeezing.write_all(plain).and_then(|()| squeezing.finish())
        }
    };
    // Writing to memory does not fail.
    bytes.ok().filter(|bytes| bytes.len() < plain.len()).map(|bytes| Squeezed { bytes, coding })
}

/// The one the client likes best of those there are.
fn coding(request: &HttpRequest) -> Option<ContentEncoding> {
    if !request.headers().contains_key(ACCEPT_ENCODING) {
        return None;
    }
    let ours = [Encoding::gzip(), Encoding::deflate(), Encoding::identity()];
    match AcceptEncoding::parse(request).ok()?.negotiate(ours.iter())? {
        Encoding::Known(coding @ (ContentEncoding::Gzip | ContentEncoding::Deflate)) => Some(coding),
        Encoding::Known(_) | Encoding::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use actix_web::test::TestRequest;
    use flate2::read::{GzDecoder, ZlibDecoder};

    use super::*;

    fn told(accept: Option<&str>, plain: &str) -> Option<Squeezed> {
        let mut request = TestRequest::default();
        if let Some(accept) = accept {
            request = request.insert_header((ACCEPT_ENCODING, accept));
        }
        squeezed(&request.to_http_request(), 3, plain.as_bytes())
    }

    #[test]
    fn a_client_gets_what_it_likes_best_of_what_it_takes() {
        let plain = "4hello\x1e".repeat(200);
        for (accept, coding) in [
            (None, None),
            (Some(""), None),
            (Some("br"), None),
            (Some("identity"), None),
            (Some("gzip;q=0"), None),
            (Some("gzip, deflate, br"), Some(ContentEncoding::Gzip)),
            (Some("deflate"), Some(ContentEncoding::Deflate)),
            (Some("gzip;q=0.5, deflate;q=0.8"), Some(ContentEncoding::Deflate)),
        ] {
            let told = told(accept, &plain);
            assert_eq!(told.as_ref().map(|told| told.coding), coding, "{accept:?}");
            let Some(Squeezed { bytes, coding }) = told else { continue };
            let mut read = String::new();
            let reading = match coding {
                ContentEncoding::Gzip => GzDecoder::new(&bytes[..]).read_to_string(&mut read),
                _ => ZlibDecoder::new(&bytes[..]).read_to_string(&mut read),
            };
            assert!(reading.is_ok() && read == plain, "{coding:?}");
        }
    }

    #[test]
    fn what_is_short_or_does_not_get_shorter_stays_as_it_is() {
        assert_eq!(told(Some("gzip"), &"a".repeat(1023)), None);
        assert!(told(Some("gzip"), &"a".repeat(1024)).is_some());
        let mut state = 7_u32;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x4E00 + (state >> 19)).unwrap_or('x')
        });
        let noise: String = noise.take(400).collect();
        let told = told(Some("gzip"), &noise);
        assert!(told.is_none_or(|told| told.bytes.len() < noise.len()));
    }
}
