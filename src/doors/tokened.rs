//! Parts of the OpenAPI document whose operations are opened with a user's token.
//!
//! What holds of all operations of a part is said here once, and not at each.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, RefOr, ResponseBuilder};

const SCHEME: &str = "token";
const REFUSED: &str = "401";

/// Says of every operation that it takes a bearer token: what is merged into another document must say so itself.
pub fn with_token(mut document: OpenApi) -> OpenApi {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    document.components.get_or_insert_default().add_security_scheme(SCHEME, SecurityScheme::Http(scheme));
    let required = vec![SecurityRequirement::new(SCHEME, Vec::<String>::new())];
    for item in document.paths.paths.values_mut() {
        let PathItem { get, post, patch, delete, head, .. } = item;
        for operation in [get, post, patch, delete, head].into_iter().flatten() {
            operation.security = Some(required.clone());
            let refused = ResponseBuilder::new().description("There is no valid token").build();
            operation.responses.responses.entry(REFUSED.to_owned()).or_insert(RefOr::T(refused));
        }
    }
    document
}

/// Says of every error with a body that it is this one, where the operation says nothing else.
pub fn with_errors(mut document: OpenApi, media: &str, schema: &str) -> OpenApi {
    for operation in document.paths.paths.values_mut().flat_map(answering) {
        for (status, response) in &mut operation.responses.responses {
            let RefOr::T(response) = response else { continue };
            if status.starts_with(['4', '5']) && response.content.is_empty() {
                let body = Content::new(Some(Ref::from_schema_name(schema)));
                response.content.insert(media.to_owned(), RefOr::T(body));
            }
        }
    }
    document
}

/// The operations whose answers have bodies.
fn answering(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, post, patch, delete, .. } = item;
    [get, post, patch, delete].into_iter().flatten()
}
