//! Files over HTTP: sent in one piece or in several goes (tus 1.0), and fetched again, whole or in ranges.
//!
//! Who may do what is the depot's decision; here a request becomes a question to it, and bytes keep moving or the
//! request ends.

mod disposition;
mod entry;
mod fields;
mod openapi;
mod pace;
mod ranges;
mod receiving;
mod resuming;
mod serving;
mod tus;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Resource, ResponseError};
use recado_actors::broker::Broker;
use recado_actors::depot::Depot;
use recado_actors::ports::files::FileRecord;
use recado_actors::refusal::Refusal;
use recado_actors::vitals::Call;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Verifier;
use crate::doors::cors::Shared;
use crate::doors::problem::Problem;
use crate::doors::socket::gate::Gate;

pub use openapi::openapi;

/// What this door needs of the rest.
pub struct UploadsDoor {
    pub broker: Broker,
    pub depot: Depot,
    pub verifier: Arc<Verifier>,
    pub gate: Arc<Gate>,
    /// The longest silence in the middle of a body.
    pub stall: Duration,
}

impl UploadsDoor {
    /// Nothing is begun that a drain would cut off; what is under way is waited for.
    fn begin(&self) -> Result<Call, Problem> {
        self.broker.vitals().take_call().ok_or_else(|| Refusal::Draining.into())
    }
}

/// What pages of other origins may do here.
const SHARED: Shared = Shared {
    methods: "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
    asked: "Authorization, Content-Type, Range, If-Range, If-None-Match, Tus-Resumable, Upload-Length, \
            Upload-Metadata, Upload-Offset, X-HTTP-Method-Override, X-Requested-With",
    told: "Location, File-Url, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Upload-Length, \
           Upload-Metadata, Upload-Offset, Upload-Expires, Content-Range, Content-Disposition, ETag, Retry-After",
};

/// Mounts uploads and downloads.
pub fn configure(door: Arc<UploadsDoor>) -> impl FnOnce(&mut ServiceConfig) {
    let door = Data::from(door);
    move |config| {
        config.app_data(door.clone());
        for resource in resources() {
            let gate = door.gate.clone();
            let share = from_fn(move |request, next| SHARED.share(gate.clone(), request, next));
            config.service(resource.wrap(share));
        }
    }
}

fn resources() -> [Resource; 3] {
    [
        web::resource("/api/chat/uploads")
            .route(web::post().to(receiving::upload))
            .route(web::method(Method::OPTIONS).to(tus::options))
            .default_service(web::to(|| wrong_method("POST, OPTIONS"))),
        web::resource("/api/chat/uploads/{id}")
            .route(web::head().to(resuming::offset))
            .route(web::patch().to(resuming::append))
            .route(web::delete().to(resuming::cancel))
            .route(web::get().to(resuming::outcome))
            .route(web::post().to(resuming::overridden))
            .route(web::method(Method::OPTIONS).to(tus::options))
            .default_service(web::to(|| wrong_method("HEAD, PATCH, DELETE, GET, OPTIONS"))),
        web::resource("/uploads/chat/{name}")
            .route(web::get().to(serving::download))
            .route(web::head().to(serving::download))
            .route(web::delete().to(serving::forget))
            .default_service(web::to(|| wrong_method("GET, HEAD, DELETE"))),
    ]
}

async fn wrong_method(allow: &'static str) -> HttpResponse {
    let problem = Problem::new(405, "method_not_allowed", format!("this path answers to {allow} only"));
    let mut response = problem.error_response();
    let allow = actix_web::http::header::HeaderValue::from_static(allow);
    response.headers_mut().insert(actix_web::http::header::ALLOW, allow);
    response
}

/// A file that was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Uploaded)]
pub struct Uploaded {
    #[schema(example = true)]
    success: bool,
    /// Where it is served, below this host.
    #[schema(example = "/uploads/chat/1705314600000_42_1f2e3d4c5b6a7988.png")]
    file_url: String,
    /// What its sender calls it, fit to be shown.
    #[schema(example = "holiday.png")]
    file_name: String,
    /// In bytes.
    #[schema(example = 48213)]
    file_size: u64,
    /// By its content, whatever it was called.
    #[serde(rename = "type")]
    #[schema(example = "image/png")]
    media: String,
    #[schema(example = "Arquivo enviado com sucesso")]
    message: &'static str,
}

impl From<FileRecord> for Uploaded {
    fn from(record: FileRecord) -> Self {
        Self {
            success: true,
            file_url: url_of(&record),
            file_name: record.title,
            file_size: record.bytes,
            media: record.media,
            message: "Arquivo enviado com sucesso",
        }
    }
}

fn url_of(record: &FileRecord) -> String {
    format!("/uploads/chat/{}", record.name())
}
