//! `GET /metrics` on a port of its own: what Prometheus scrapes. No other path, and no other port.

use std::sync::Arc;

use actix_web::http::header::{ACCEPT, CACHE_CONTROL};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::telemetry::metrics::{Form, Metrics};

pub fn configure(metrics: Arc<Metrics>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(Data::from(metrics)).route("/metrics", web::get().to(scrape));
    }
}

async fn scrape(metrics: Data<Metrics>, request: HttpRequest) -> HttpResponse {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let form = Form::asked_by(accept.unwrap_or_default());
    match metrics.text(form) {
        Ok(text) => HttpResponse::Ok()
            .content_type(form.media_type())
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
