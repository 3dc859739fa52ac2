//! A file for whoever may see it, whole or in part.
//!
//! Whatever a browser could run is saved and never shown, and nothing is guessed: the type is the content's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::body::SizedStream;
use actix_web::http::header::{
    self, HeaderMap, HeaderName, HttpDate, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::{StreamExt, TryStreamExt, stream};
use recado_actors::ports::files::FileRecord;

use super::ranges::{Wanted, wanted};
use super::{UploadsDoor, entry};
use crate::doors::problem::Problem;
use crate::doors::uploads::disposition::disposition;
use crate::media;

/// It runs nothing and loads nothing, even where it is shown.
const POLICY: &str = "default-src 'none'; sandbox";

/// Fetch a file
///
/// The token may stand in `?token=`, so that pages can embed pictures. Ranges work.
#[utoipa::path(
    get,
    path = "/uploads/chat/{name}",
    tag = "files",
    params(
        ("name" = String, Path, description = "The last part of `fileUrl`"),
        ("token" = Option<String>, Query, description = "A token, where there is no Authorization header"),
    ),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = 206, description = "The range that was asked for", content_type = "application/octet-stream"),
        (status = 304, description = "It is the one the asker has"),
        (status = 404, description = "There is no such file, or it is not for this user"),
        (status = 416, description = "The file has nothing in that range"),
    ),
)]
pub(super) async fn download(
    door: Data<UploadsDoor>,
    request: HttpRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let visitor = entry::visitor(&door, &request).await?;
    let record = door.depot.find(&visitor, &name).await?;
    let headers = request.headers();
    if is_known(headers, &record) {
        return Ok(described(StatusCode::NOT_MODIFIED, &record).finish());
    }
    let (status, range) = match part(headers, &record) {
        Wanted::Whole => (StatusCode::OK, 0..record.bytes),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => return Ok(unsatisfiable(&record)),
    };
    let mut builder = described(status, &record);
    builder.content_type(typed(&record));
    if status == StatusCode::PARTIAL_CONTENT {
        let last = range.end.saturating_sub(1);
        let told = format!("bytes {}-{last}/{}", range.start, record.bytes);
        builder.insert_header((header::CONTENT_RANGE, told));
    }
    let length = range.end.saturating_sub(range.start);
    if request.method() == Method::HEAD {
        let nothing = stream::empty::<Result<bytes::Bytes, std::io::Error>>();
        return Ok(builder.body(SizedStream::new(length, nothing)));
    }
    let bytes = door.depot.read(&record, range).await?.map_err(std::io::Error::other);
    Ok(builder.body(SizedStream::new(length, bytes.boxed_local())))
}

/// Forget a file of one's own
#[utoipa::path(
    delete,
    path = "/uploads/chat/{name}",
    tag = "files",
    params(("name" = String, Path, description = "The last part of `fileUrl`")),
    responses(
        (status = 204, description = "It is gone, and its bytes count no more"),
        (status = 403, description = "Somebody else sent it"),
        (status = 404, description = "There is no such file, or it is not for this user"),
    ),
)]
pub(super) async fn forget(
    door: Data<UploadsDoor>,
    request: HttpRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let visitor = entry::visitor(&door, &request).await?;
    let _call = door.begin()?;
    door.depot.forget(&visitor, &name).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// All there is to say of a file but its bytes.
fn described(status: StatusCode, record: &FileRecord) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder
        .insert_header((header::ETAG, etag(record)))
        .insert_header((header::LAST_MODIFIED, HttpDate::from(sent_at(record))))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        // The address may carry a token.
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            disposition(&record.title, media::is_shown(&record.media)),
        ));
    builder
}

fn typed(record: &FileRecord) -> String {
    let is_text = record.media == "text/plain";
    if is_text { format!("{}; charset=utf-8", record.media) } else { record.media.clone() }
}

fn unsatisfiable(record: &FileRecord) -> HttpResponse {
    let problem = Problem::new(416, "range_not_satisfiable", "the file has nothing in that range");
    let mut response = actix_web::ResponseError::error_response(&problem);
    if let Ok(size) = header::HeaderValue::from_str(&format!("bytes */{}", record.bytes)) {
        response.headers_mut().insert(header::CONTENT_RANGE, size);
    }
    response
}

/// A file never changes, so its key is its version.
fn etag(record: &FileRecord) -> String {
    format!("\"{}\"", record.key.as_str())
}

/// In whole seconds, as dates in headers are.
fn sent_at(record: &FileRecord) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(record.at.as_secs()).unwrap_or(0))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn date(text: &str) -> Option<SystemTime> {
    text.parse::<HttpDate>().ok().map(SystemTime::from)
}

fn is_known(headers: &HeaderMap, record: &FileRecord) -> bool {
    if let Some(tags) = text(headers, IF_NONE_MATCH) {
        let own = etag(record);
        return tags.split(',').any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == own);
    }
    text(headers, IF_MODIFIED_SINCE).and_then(date).is_some_and(|since| sent_at(record) <= since)
}

fn part(headers: &HeaderMap, record: &FileRecord) -> Wanted {
    let of_this = text(headers, IF_RANGE).is_none_or(|version| {
        version == etag(record) || date(version).is_some_and(|date| date == sent_at(record))
    });
    if of_this { wanted(text(headers, RANGE), record.bytes) } else { Wanted::Whole }
}
