//! Files in OpenAPI, made from the handlers themselves.

use utoipa::OpenApi;

use super::{Uploaded, receiving, resuming, serving};
use crate::doors::problem::{MEDIA_TYPE, ProblemBody};
use crate::doors::tokened;

#[derive(OpenApi)]
#[openapi(
    paths(
        receiving::upload,
        resuming::offset,
        resuming::append,
        resuming::cancel,
        resuming::outcome,
        serving::download,
        serving::forget,
    ),
    components(schemas(ProblemBody, Uploaded)),
    tags((name = "files", description = "Send files and fetch them, with a user's token")),
)]
struct Document;

/// The part of the document that tells of files.
pub fn openapi() -> utoipa::openapi::OpenApi {
    tokened::with_errors(tokened::with_token(Document::openapi()), MEDIA_TYPE, "Problem")
}
