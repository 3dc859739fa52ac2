//! Parts of the OpenAPI document whose operations are opened with a user's token.

use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};

const SCHEME: &str = "token";

/// Says of every operation that it takes a bearer token: what is merged into another document must say so itself.
pub fn with_token(mut document: OpenApi) -> OpenApi {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    document.components.get_or_insert_default().add_security_scheme(SCHEME, SecurityScheme::Http(scheme));
    let required = vec![SecurityRequirement::new(SCHEME, Vec::<String>::new())];
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete, &mut item.head];
        for operation in operations.into_iter().flatten() {
            operation.security = Some(required.clone());
        }
    }
    document
}
