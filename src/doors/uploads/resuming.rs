//! A file in several goes, by tus 1.0: opened, written at its offset, asked how it stands, given up.
//!
//! What is told to have come is durable, so a client that goes on from there loses nothing.

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::StreamExt;
use recado_actors::depot::{Resuming, Standing, Visitor};
use recado_actors::ports::files::FileKey;
use recado_actors::refusal::{FileRefusal, Refusal};

use super::pace::{Pace, broken_off};
use super::{Uploaded, UploadsDoor, entry, tus, url_of};
use crate::doors::problem::Problem;

pub(super) async fn open(
    door: &UploadsDoor,
    request: &HttpRequest,
    visitor: &Visitor,
) -> Result<HttpResponse, Problem> {
    if let Some(response) = tus::other_version(request.headers()) {
        return Ok(response);
    }
    let length = tus::number(request.headers(), tus::LENGTH)?;
    let mut said = tus::metadata(request.headers())?;
    for name in ["groupId", "chatId", "fileName"] {
        if let Some(value) = entry::asked(request, name) {
            said.hear(name, &value)?;
        }
    }
    let upload = door.depot.open(visitor, said.file(visitor.room.as_ref()), length).await?;
    Ok(tus::respond(HttpResponse::Created())
        .insert_header((LOCATION, format!("/api/chat/uploads/{}", upload.key.as_str())))
        .insert_header((tus::OFFSET, "0"))
        .insert_header(tus::expiry(&upload))
        .finish())
}

/// See how an upload stands
#[utoipa::path(
    head,
    path = "/api/chat/uploads/{id}",
    tag = "files",
    params(("id" = String, Path, description = "As in the Location of the upload")),
    responses(
        (status = 200, description = "`Upload-Offset` says how much came; with `File-Url`, all of it"),
        (status = 404, description = "There is no such upload of this user"),
    ),
)]
pub(super) async fn offset(
    door: Data<UploadsDoor>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    if let Some(response) = tus::other_version(request.headers()) {
        return Ok(response);
    }
    let visitor = entry::visitor(&door, &request).await?;
    let standing = door.depot.standing(&visitor, &key(&id)?).await?;
    let mut builder = told(HttpResponse::Ok(), &standing);
    match &standing {
        Standing::Open(upload) => {
            builder.insert_header((tus::METADATA, tus::metadata_of(upload)));
            builder.insert_header((tus::LENGTH, upload.length.to_string()));
        }
        Standing::Done(record) => {
            builder.insert_header((tus::LENGTH, record.bytes.to_string()));
        }
    }
    Ok(builder.finish())
}

/// What every answer about an upload tells.
fn told(builder: HttpResponseBuilder, standing: &Standing) -> HttpResponseBuilder {
    let mut builder = tus::respond(builder);
    match standing {
        Standing::Open(upload) => {
            builder.insert_header((tus::OFFSET, upload.offset.to_string()));
            builder.insert_header(tus::expiry(upload));
        }
        Standing::Done(record) => {
            builder.insert_header((tus::OFFSET, record.bytes.to_string()));
            builder.insert_header((tus::FILE_URL, url_of(record)));
        }
    }
    builder
}

/// Go on with an upload
#[utoipa::path(
    patch,
    path = "/api/chat/uploads/{id}",
    tag = "files",
    params(
        ("id" = String, Path, description = "As in the Location of the upload"),
        ("Upload-Offset" = u64, Header, description = "Where these bytes belong", example = 0),
    ),
    request_body(content_type = "application/offset+octet-stream", content = String),
    responses(
        (status = 204, description = "They are kept; `Upload-Offset` says how much came. The last answer has `File-Url`"),
        (status = 404, description = "There is no such upload of this user"),
        (status = 409, description = "The upload stands at another offset"),
        (status = 413, description = "That is more than was announced"),
        (status = 415, description = "The body has another type"),
    ),
)]
pub(super) async fn append(
    door: Data<UploadsDoor>,
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    if let Some(response) = tus::other_version(request.headers()) {
        return Ok(response);
    }
    let visitor = entry::visitor(&door, &request).await?;
    let _call = door.begin()?;
    let media = request.headers().get(CONTENT_TYPE).and_then(|media| media.to_str().ok());
    if media.is_none_or(|media| !media.eq_ignore_ascii_case(tus::BODY)) {
        return Err(Problem::new(415, "not_an_offset_stream", format!("the body must be {}", tus::BODY)));
    }
    let offset = tus::number(request.headers(), tus::OFFSET)?;
    let mut resuming = door.depot.resume(&visitor, &key(&id)?, offset).await?;
    let pace = Pace::new(door.stall, door.depot.rules().longest);
    let ended = take(&mut resuming, payload, pace).await;
    // What came before the body broke off is kept all the same.
    let standing = resuming.pause().await?;
    ended?;
    Ok(told(HttpResponse::NoContent(), &standing).finish())
}

async fn take(resuming: &mut Resuming, mut payload: Payload, pace: Pace) -> Result<(), Problem> {
    loop {
        let piece = tokio::select! {
            piece = pace.next(payload.next()) => piece?,
            () = resuming.is_wanted() => return Err(Refusal::File(FileRefusal::InUse).into()),
        };
        let Some(piece) = piece else { return Ok(()) };
        resuming.write(piece.map_err(|_| broken_off())?).await?;
    }
}

/// Give an upload up
#[utoipa::path(
    delete,
    path = "/api/chat/uploads/{id}",
    tag = "files",
    params(("id" = String, Path, description = "As in the Location of the upload")),
    responses(
        (status = 204, description = "Nothing is left of it"),
        (status = 404, description = "There is no such upload of this user"),
    ),
)]
pub(super) async fn cancel(
    door: Data<UploadsDoor>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    if let Some(response) = tus::other_version(request.headers()) {
        return Ok(response);
    }
    let visitor = entry::visitor(&door, &request).await?;
    let _call = door.begin()?;
    door.depot.cancel(&visitor, &key(&id)?).await?;
    Ok(tus::respond(HttpResponse::NoContent()).finish())
}

/// See what became of an upload
#[utoipa::path(
    get,
    path = "/api/chat/uploads/{id}",
    tag = "files",
    params(("id" = String, Path, description = "As in the Location of the upload")),
    responses(
        (status = 200, description = "It is a file", body = Uploaded),
        (status = 404, description = "There is no such upload of this user"),
        (status = 409, description = "It is not done"),
    ),
)]
pub(super) async fn outcome(
    door: Data<UploadsDoor>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let visitor = entry::visitor(&door, &request).await?;
    match door.depot.standing(&visitor, &key(&id)?).await? {
        Standing::Done(record) => Ok(tus::respond(HttpResponse::Ok()).json(Uploaded::from(record))),
        Standing::Open(upload) => {
            Err(Refusal::File(FileRefusal::OtherOffset { offset: upload.offset }).into())
        }
    }
}

/// For clients behind something that lets only GET and POST through.
pub(super) async fn overridden(
    door: Data<UploadsDoor>,
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let meant = request.headers().get(tus::OVERRIDE).and_then(|method| method.to_str().ok());
    match meant.and_then(|method| method.parse().ok()) {
        Some(Method::PATCH) => append(door, request, id, payload).await,
        Some(Method::DELETE) => cancel(door, request, id).await,
        Some(Method::HEAD) => offset(door, request, id).await,
        _ => {
            let detail = "post to an upload must name PATCH, DELETE or HEAD in X-HTTP-Method-Override";
            Err(Problem::new(405, "method_not_allowed", detail))
        }
    }
}

fn key(id: &str) -> Result<FileKey, Problem> {
    FileKey::parse(id).ok_or_else(|| Refusal::File(FileRefusal::Unknown).into())
}
