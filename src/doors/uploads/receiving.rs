//! A file in one piece: multipart/form-data, straight through to storage.
//!
//! No more than a piece of it is ever in memory, and whatever ends the request takes away what had come.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, LOCATION};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use recado_actors::depot::{Receiving, Visitor};
use recado_actors::ports::files::FileRecord;
use recado_actors::refusal::{FileRefusal, Refusal};

use super::fields::Said;
use super::pace::{Pace, broken_off};
use super::{Uploaded, UploadsDoor, entry, resuming, tus, url_of};
use crate::doors::problem::Problem;

/// What boundaries, headers and fields beside the file may add to it.
const AROUND_BYTES: u64 = 256 * 1024;
const MOST_FIELDS: usize = 16;
const FIELD_BYTES: usize = 4096;

/// Send a file
///
/// As multipart/form-data with a part `file`, and `groupId` or `chatId` where it goes; without, it goes to the room the
/// token is for, or is its sender's alone. With `Upload-Length` or `?resumable=1` it opens an upload by tus 1.0.
#[utoipa::path(
    post,
    path = "/api/chat/uploads",
    tag = "files",
    request_body(content_type = "multipart/form-data", content = String, description = "The part `file`, and perhaps `groupId`, `chatId`, `fileName`"),
    responses(
        (status = 201, description = "It is kept", body = Uploaded),
        (status = 403, description = "The sender is not in that room"),
        (status = 408, description = "The body stalled"),
        (status = 413, description = "It is larger than allowed, or than what is left of the quota"),
        (status = 422, description = "It is empty, or a field makes no sense"),
        (status = 429, description = "Too many uploads of this user are open"),
        (status = 503, description = "Not now: no space, or shutting down"),
    ),
)]
pub(super) async fn upload(
    door: Data<UploadsDoor>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let visitor = entry::visitor(&door, &request).await?;
    let _call = door.begin()?;
    if tus::is_meant(&request) {
        return resuming::open(&door, &request, &visitor).await;
    }
    let announced = announced(&door, &request)?;
    let mut said = Said::default();
    for name in ["groupId", "chatId"] {
        if let Some(value) = entry::asked(&request, name) {
            said.hear(name, &value)?;
        }
    }
    let body = Multipart::new(request.headers(), bounded(payload, door.depot.rules().max_bytes));
    let pace = Pace::new(door.stall, door.depot.rules().longest);
    let record = Form { door: &door, visitor: &visitor, announced, pace, said }.read(body).await?;
    let location = url_of(&record);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(Uploaded::from(record)))
}

/// The most the file can be; refused before a byte of it is read, where the head says enough.
fn announced(door: &UploadsDoor, request: &HttpRequest) -> Result<Option<u64>, Problem> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let limit = door.depot.rules().max_bytes;
    if length.is_some_and(|length: u64| length > limit.saturating_add(AROUND_BYTES)) {
        return Err(Refusal::File(FileRefusal::TooLarge { limit }).into());
    }
    Ok(length)
}

/// Ends a body that goes on for ever in places where nobody counts.
fn bounded(payload: Payload, limit: u64) -> impl Stream<Item = Result<Bytes, PayloadError>> + 'static {
    let mut left = limit.saturating_add(AROUND_BYTES);
    payload.map(move |piece| {
        let piece = piece?;
        left =
            left.checked_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX)).ok_or(PayloadError::Overflow)?;
        Ok(piece)
    })
}

/// A form as it comes in.
struct Form<'a> {
    door: &'a UploadsDoor,
    visitor: &'a Visitor,
    announced: Option<u64>,
    pace: Pace,
    said: Said,
}

impl Form<'_> {
    async fn read(mut self, mut body: Multipart) -> Result<FileRecord, Problem> {
        let mut file: Option<Receiving> = None;
        let mut fields = 0;
        while let Some(field) = self.pace.next(body.next()).await? {
            let field = field.map_err(|error| self.malformed(&error))?;
            fields += 1;
            if fields > MOST_FIELDS {
                return Err(invalid("the form has too many fields"));
            }
            let named = field.content_disposition().and_then(|said| said.get_filename().map(str::to_owned));
            if named.is_none() && field.name() != Some("file") {
                self.hear(field, file.as_mut()).await?;
            } else if file.is_some() {
                return Err(invalid("the form has more than one file"));
            } else {
                file = Some(self.take(field, named).await?);
            }
        }
        let file = file.ok_or_else(|| invalid("the form has no file"))?;
        Ok(file.finish().await?)
    }

    async fn hear(&mut self, mut field: Field, file: Option<&mut Receiving>) -> Result<(), Problem> {
        let name = field.name().unwrap_or_default().to_owned();
        let mut value = Vec::new();
        while let Some(piece) = self.pace.next(field.next()).await? {
            let piece = piece.map_err(|error| self.malformed(&error))?;
            value.extend_from_slice(&piece);
            if value.len() > FIELD_BYTES {
                return Err(invalid("a field is too long"));
            }
        }
        let value = String::from_utf8(value).map_err(|_| invalid("a field is not text"))?;
        let mut late = Said::default();
        late.hear(&name, &value)?;
        if let Some(file) = file {
            if let Some(room) = late.room {
                file.goes_to(room).await?;
            }
            if let Some(title) = late.title {
                file.is_called(&title);
            }
            return Ok(());
        }
        self.said.hear(&name, &value)
    }

    async fn take(&self, mut field: Field, named: Option<String>) -> Result<Receiving, Problem> {
        let mut said = self.said.clone();
        said.title = said.title.or(named);
        let new = said.file(self.visitor.room.as_ref());
        let mut file = self.door.depot.receive(self.visitor, new, self.announced).await?;
        while let Some(piece) = self.pace.next(field.next()).await? {
            file.write(piece.map_err(|error| self.malformed(&error))?).await?;
        }
        Ok(file)
    }

    fn malformed(&self, error: &MultipartError) -> Problem {
        match error {
            MultipartError::Payload(PayloadError::Overflow) => {
                let limit = self.door.depot.rules().max_bytes;
                Refusal::File(FileRefusal::TooLarge { limit }).into()
            }
            MultipartError::Payload(_) | MultipartError::Incomplete => broken_off(),
            MultipartError::ContentTypeMissing
            | MultipartError::ContentTypeParse
            | MultipartError::ContentTypeIncompatible => {
                Problem::new(415, "not_multipart", "the body must be multipart/form-data")
            }
            _ => Problem::new(400, "malformed_multipart", "the body is not multipart/form-data"),
        }
    }
}

fn invalid(detail: &'static str) -> Problem {
    Problem::new(422, "invalid_form", detail)
}
