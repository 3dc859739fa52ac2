//! The internal API in OpenAPI 3.1, and the page that shows it.
//!
//! It is made from the handlers themselves; a test holds it against the routes that are mounted.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::{self, ServiceConfig};
use bytes::Bytes;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type,
};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{
    bans, broadcast, closing, disconnect, groups, history, log_level, members, messages, tickets, users,
    webhooks,
};
use crate::doors::problem::{MEDIA_TYPE, Problem, ProblemBody};

const DOCUMENT: &str = "/openapi.json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Recado internal API",
        description = "How a backend speaks in chats, reads them, and decides who may be in them.\n\n\
            Every request carries the shared secret. Every error is a problem (RFC 9457) with a stable `code`; \
            `retry` says whether the same request may succeed later.",
        license(name = "MIT", identifier = "MIT"),
    ),
    paths(
        messages::post_message,
        messages::edit_message,
        messages::delete_message,
        history::list_entries,
        members::list_members,
        closing::close_chat,
        closing::reopen_chat,
        disconnect::disconnect,
        bans::list_bans,
        bans::add_ban,
        bans::lift_ban,
        broadcast::broadcast,
        users::put_user,
        groups::put_group,
        tickets::issue_ticket,
        log_level::get_level,
        log_level::put_level,
        webhooks::list_endpoints,
        webhooks::list_dead,
        webhooks::replay_all,
        webhooks::replay_one,
        webhooks::enable_endpoint,
    ),
    components(schemas(ProblemBody)),
    modifiers(&Secrets, &Problems),
    security(("secret" = []), ("bearer" = [])),
    tags(
        (name = "messages", description = "Speak in a chat"),
        (name = "chats", description = "Read a chat, close it, see who is in it"),
        (name = "people", description = "Mirror your users and groups"),
        (name = "access", description = "Who may connect"),
        (name = "broadcast", description = "Notices to who is there"),
        (name = "webhooks", description = "Who is told of every entry, and what they did not take"),
        (name = "node", description = "This node itself"),
    ),
)]
struct Document;

/// The document of the internal API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Mounts what these tell, as one document, at `/openapi.json`, and Swagger UI at `/swagger/`.
pub fn configure_docs(documents: Vec<utoipa::openapi::OpenApi>) -> impl FnOnce(&mut ServiceConfig) {
    let document = documents.into_iter().reduce(|mut all, more| {
        all.merge(more);
        all
    });
    let document = document.unwrap_or_default();
    let document = Bytes::from(document.to_json().unwrap_or_default());
    let serve = move || {
        let document = document.clone();
        async { HttpResponse::Ok().insert_header(ContentType::json()).body(document) }
    };
    // No validator: the page must not send the document's address to a stranger.
    let page = Config::from(DOCUMENT).validator_url("none");
    move |routes| {
        routes
            .route(DOCUMENT, web::get().to(serve))
            .service(web::redirect("/swagger", "/swagger/"))
            .service(SwaggerUi::new("/swagger/{_:.*}").config(page));
    }
}

struct Secrets;

impl Modify for Secrets {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let key = ApiKeyValue::with_description("X-Internal-Secret", "The shared secret");
        components.add_security_scheme("secret", SecurityScheme::ApiKey(ApiKey::Header(key)));
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// Says of every operation how it can fail beyond what it says itself.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (status, name, problem, why) in general() {
            components.responses.insert(format!("{name}{status}"), RefOr::T(response(&problem, why)));
        }
        for (path, item) in &mut document.paths.paths {
            let names = path.contains('{');
            for operation in operations(item) {
                note(operation, names);
            }
        }
    }
}

/// Problems of many operations: status, to which operations it belongs, an example, and when.
fn general() -> [(u16, &'static str, Problem, &'static str); 8] {
    let refused = |status, code, detail| Problem::new(status, code, detail);
    let invalid = "a field, parameter or name is missing, unknown, of the wrong type or out of bounds";
    [
        (
            401,
            "Any",
            refused(401, "unauthorized", "the internal secret is missing or wrong"),
            "the secret is missing or wrong",
        ),
        (
            429,
            "Any",
            refused(429, "too_many_failures", "too many failed authentications from this address")
                .retry_after(1),
            "the secret is wrong again, and too often; the right one is always admitted",
        ),
        (400, "Body", refused(400, "malformed_json", "the body is not json"), "the body is not json"),
        (
            408,
            "Body",
            refused(408, "body_too_slow", "the body did not come in time"),
            "the body did not come in time",
        ),
        (
            413,
            "Body",
            refused(413, "body_too_large", "the body has more than 65536 bytes"),
            "the body is too large",
        ),
        (422, "Body", refused(422, "invalid_body", "userId: is missing"), invalid),
        (422, "Path", refused(422, "invalid_path", "chatId: is empty"), invalid),
        (
            503,
            "Any",
            refused(503, "store_down", "the store does not answer").retry_after(1),
            "not now; `Retry-After` says when to try again",
        ),
    ]
}

fn response(problem: &Problem, why: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(problem.body())).build();
    let response = ResponseBuilder::new().description(why).content(MEDIA_TYPE, content);
    match problem.status {
        401 => response.header("WWW-Authenticate", header(Type::String)).build(),
        429 | 503 => response.header("Retry-After", header(Type::Integer)).build(),
        _ => response.build(),
    }
}

fn header(kind: Type) -> Header {
    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(kind))).build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}

fn note(operation: &mut Operation, has_names: bool) {
    let has_body = operation.request_body.is_some();
    for (status, name, _, _) in general() {
        let applies = match name {
            "Body" => has_body,
            "Path" => has_names && !has_body,
            _ => true,
        };
        if applies {
            let reference = Ref::new(format!("#/components/responses/{name}{status}"));
            let responses = &mut operation.responses.responses;
            responses.entry(status.to_string()).or_insert(RefOr::Ref(reference));
        }
    }
}
