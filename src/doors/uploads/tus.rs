//! The words of tus 1.0 (resumable uploads): its headers, read and written.

use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recado_actors::ports::files::OpenUpload;

use super::fields::Said;
use super::{UploadsDoor, entry};
use crate::doors::problem::Problem;

pub(super) const LENGTH: &str = "upload-length";
pub(super) const OFFSET: &str = "upload-offset";
pub(super) const METADATA: &str = "upload-metadata";
pub(super) const OVERRIDE: &str = "x-http-method-override";
pub(super) const BODY: &str = "application/offset+octet-stream";
/// Not of tus: where the file is, when an upload is done.
pub(super) const FILE_URL: &str = "file-url";

const RESUMABLE: &str = "tus-resumable";
const VERSION: &str = "1.0.0";
const EXPIRES: &str = "upload-expires";
const EXTENSIONS: &str = "creation,expiration,termination";

/// Does this request open an upload in several goes?
pub(super) fn is_meant(request: &HttpRequest) -> bool {
    let headers = request.headers();
    headers.contains_key(LENGTH)
        || headers.contains_key(RESUMABLE)
        || entry::asked(request, "resumable").is_some_and(|asked| asked == "1" || asked == "true")
}

/// What this server can.
pub(super) async fn options(door: actix_web::web::Data<UploadsDoor>) -> HttpResponse {
    respond(HttpResponse::NoContent())
        .insert_header(("tus-version", VERSION))
        .insert_header(("tus-extension", EXTENSIONS))
        .insert_header(("tus-max-size", door.depot.rules().max_bytes.to_string()))
        .finish()
}

pub(super) fn respond(mut builder: HttpResponseBuilder) -> HttpResponseBuilder {
    builder.insert_header((RESUMABLE, VERSION)).insert_header(("cache-control", "no-store"));
    builder
}

/// Other versions are told which there is; who names none is believed to speak it.
pub(super) fn other_version(headers: &HeaderMap) -> Option<HttpResponse> {
    if headers.get(RESUMABLE).is_none_or(|version| version == VERSION) {
        return None;
    }
    let problem = Problem::new(412, "other_tus_version", "this server speaks tus 1.0.0");
    let mut response = actix_web::ResponseError::error_response(&problem);
    response.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("tus-version"),
        HeaderValue::from_static(VERSION),
    );
    Some(response)
}

/// A header that must be a whole number.
pub(super) fn number(headers: &HeaderMap, name: &'static str) -> Result<u64, Problem> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    let digits = value.filter(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| Problem::new(400, "invalid_header", format!("{name} must be a whole number from 0")))
}

/// `filename d29ybGQ=,groupId Nw==`
pub(super) fn metadata(headers: &HeaderMap) -> Result<Said, Problem> {
    let mut said = Said::default();
    let Some(text) = headers.get(METADATA) else { return Ok(said) };
    let malformed =
        || Problem::new(400, "invalid_header", "upload-metadata must be names and base64, by commas");
    for pair in text.to_str().map_err(|_| malformed())?.split(',') {
        let (name, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let value = STANDARD.decode(value.trim()).map_err(|_| malformed())?;
        said.hear(name, &String::from_utf8(value).map_err(|_| malformed())?)?;
    }
    Ok(said)
}

/// The same of an upload that is open.
pub(super) fn metadata_of(upload: &OpenUpload) -> String {
    format!("filename {}", STANDARD.encode(&upload.title))
}

pub(super) fn expiry(upload: &OpenUpload) -> (&'static str, String) {
    let millis = u64::try_from(upload.ends.0).unwrap_or(0);
    let ends = std::time::UNIX_EPOCH + std::time::Duration::from_millis(millis);
    (EXPIRES, actix_web::http::header::HttpDate::from(ends).to_string())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn metadata_is_read_and_nonsense_is_refused() {
        let said = metadata(&headers(METADATA, "filename w6kudHh0, groupId Nw==,is_secret")).unwrap();
        assert_eq!((said.title.as_deref(), said.room.unwrap().as_str()), (Some("é.txt"), "group:7"));
        for text in ["filename !!", "filename /w==", "groupId "] {
            assert!(metadata(&headers(METADATA, text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_is_digits_and_nothing_else() {
        assert_eq!(number(&headers(LENGTH, "100"), LENGTH), Ok(100));
        for text in ["", "-1", "+1", "1.0", "0x1", "99999999999999999999", " "] {
            assert_eq!(number(&headers(LENGTH, text), LENGTH).unwrap_err().status, 400, "{text}");
        }
        assert!(number(&HeaderMap::new(), LENGTH).is_err());
    }
}
