//! Files in OpenAPI, made from the handlers themselves.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{Uploaded, receiving, resuming, serving};
use crate::doors::problem::ProblemBody;

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
    modifiers(&Token),
    security(("token" = [])),
    tags((name = "files", description = "Send files and fetch them, with a user's token")),
)]
struct Document;

/// The part of the document that tells of files.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    // What is merged into another document must say itself how it is opened.
    let security = document.security.clone();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete, &mut item.head];
        for operation in operations.into_iter().flatten() {
            operation.security.clone_from(&security);
        }
    }
    document
}

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}
