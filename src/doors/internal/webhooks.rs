//! Webhooks: how their endpoints stand, and what they never took.
//!
//! An endpoint goes by its place in the settings, and no more of its address is told than its host.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;
use recado_actors::archive::{EnableEndpoint, ReplayLetters};
use recado_actors::clock::Timestamp;
use recado_actors::courier::VisitEndpoints;
use recado_actors::ports::letters::{DeadLetter, Endpoint, EndpointId, Replay, Tally};
use serde::de::Error;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::JsonBody;
use super::fields::{self, FieldError};
use super::{InternalDoor, problems, words};
use crate::doors::problem::Problem;

const USUAL_LIMIT: usize = 100;
const LARGEST_LIMIT: usize = 1000;

#[derive(Serialize, ToSchema)]
pub struct Endpoints {
    endpoints: Vec<EndpointView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpoint)]
pub struct EndpointView {
    /// Its place in `webhooks.urls`, from 0.
    #[schema(example = 0)]
    endpoint: usize,
    #[schema(example = "app.example.com")]
    host: String,
    /// It answered 410: what is owed to it waits until it is enabled.
    disabled: bool,
    /// Entries it has not taken yet.
    pending: u64,
    /// How long the oldest of them has been pending, in seconds.
    oldest_pending_seconds: u64,
    dead: u64,
    /// Why an attempt failed last; null: none ever did.
    #[schema(required)]
    last_error: Option<String>,
    #[schema(required, format = DateTime)]
    last_error_at: Option<String>,
}

/// Which dead letters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeadQuery {
    /// Those after this id.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    after: Option<u64>,
    /// The most in the answer.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub struct DeadLetters {
    dead: Vec<DeadView>,
    /// There are others after the last of these.
    more: bool,
}

/// An entry that an endpoint did not take, however often it was tried.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub struct DeadView {
    #[schema(example = 7)]
    id: u64,
    /// Its place in `webhooks.urls`, from 0.
    endpoint: usize,
    #[schema(example = "chat:chat_123")]
    room: String,
    #[schema(example = "1f2e3d")]
    epoch: String,
    #[schema(example = 42)]
    seq: u64,
    attempts: u32,
    #[schema(format = DateTime)]
    died: String,
    error: String,
    /// It is on its way again.
    replaying: bool,
}

/// Whose dead letters are sent again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// The place of the endpoint in `webhooks.urls`, from 0.
    #[serde(default, deserialize_with = "words::maybe_whole")]
    #[schema(required, value_type = u64, example = 0)]
    endpoint: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub struct Replayed {
    /// How many are on their way again.
    replayed: u64,
}

#[derive(Serialize, ToSchema)]
pub struct Enabled {
    enabled: bool,
}

/// The number in a path: an endpoint's place or a dead letter's id.
pub struct NumberInPath(u64);

impl FromRequest for NumberInPath {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let number = web::Path::<u64>::from_request(request, payload);
        Box::pin(async move {
            let whole = || problems::invalid_path("expected a whole number from 0".to_owned());
            number.await.map(|number| Self(number.into_inner())).map_err(|_| whole())
        })
    }
}

/// List webhook endpoints
#[utoipa::path(
    get,
    path = "/internal/webhooks",
    tag = "webhooks",
    responses((status = 200, description = "How each stands", body = Endpoints)),
)]
pub async fn list_endpoints(door: web::Data<InternalDoor>) -> Result<HttpResponse, Problem> {
    let Some(webhooks) = &door.broker.ports().webhooks else {
        return Ok(HttpResponse::Ok().json(Endpoints { endpoints: Vec::new() }));
    };
    let tallies = door.wait_for(webhooks.letters.tallies()).await?;
    let now = door.broker.clock().now();
    let views = webhooks.endpoints.iter().enumerate().filter_map(|(place, endpoint)| {
        let tally = tallies.iter().find(|tally| tally.endpoint == endpoint.id)?;
        Some(view(place, endpoint, tally, now))
    });
    Ok(HttpResponse::Ok().json(Endpoints { endpoints: views.collect() }))
}

fn view(place: usize, endpoint: &Endpoint, tally: &Tally, now: Timestamp) -> EndpointView {
    let age = tally.since.map_or(0, |since| now.0.saturating_sub(since.0) / 1000);
    let (last_error, last_error_at) = tally.failure.clone().unzip();
    EndpointView {
        endpoint: place,
        host: endpoint.host.clone(),
        disabled: tally.disabled,
        pending: tally.pending,
        oldest_pending_seconds: u64::try_from(age).unwrap_or(0),
        dead: tally.dead,
        last_error,
        last_error_at: last_error_at.map(|at| at.to_string()),
    }
}

/// List dead letters
#[utoipa::path(
    get,
    path = "/internal/webhooks/dead",
    tag = "webhooks",
    params(DeadQuery),
    responses((status = 200, description = "Oldest first", body = DeadLetters)),
)]
pub async fn list_dead(door: web::Data<InternalDoor>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = fields::read_query(request.query_string());
    let (after, limit) =
        query.and_then(|query| asked(&query)).map_err(|error| problems::invalid_query(&error))?;
    let Some(webhooks) = &door.broker.ports().webhooks else {
        return Ok(HttpResponse::Ok().json(DeadLetters { dead: Vec::new(), more: false }));
    };
    let mut dead = door.wait_for(webhooks.letters.dead(after, limit.saturating_add(1))).await?;
    let more = dead.len() > limit;
    dead.truncate(limit);
    let place = |id: &EndpointId| webhooks.endpoints.iter().position(|endpoint| endpoint.id == *id);
    let views = dead.into_iter().filter_map(|letter| Some(dead_view(place(&letter.endpoint)?, letter)));
    Ok(HttpResponse::Ok().json(DeadLetters { dead: views.collect(), more }))
}

fn asked(query: &DeadQuery) -> Result<(u64, usize), FieldError> {
    let limit = match query.limit.map(usize::try_from) {
        None => USUAL_LIMIT,
        Some(Ok(limit)) if (1..=LARGEST_LIMIT).contains(&limit) => limit,
        Some(_) => return Err(FieldError::custom(format!("limit: must be 1 to {LARGEST_LIMIT}"))),
    };
    Ok((query.after.unwrap_or(0), limit))
}

fn dead_view(endpoint: usize, letter: DeadLetter) -> DeadView {
    let DeadLetter { id, room, epoch, seq, attempts, died, why, replaying, .. } = letter;
    DeadView {
        id,
        endpoint,
        room: room.as_str().to_owned(),
        epoch: epoch.to_string(),
        seq: seq.0,
        attempts,
        died: died.to_string(),
        error: why,
        replaying,
    }
}

/// Send one dead letter again
#[utoipa::path(
    post,
    path = "/internal/webhooks/dead/{id}/replay",
    tag = "webhooks",
    params(("id" = u64, Path, description = "The dead letter")),
    responses(
        (status = 200, description = "It is on its way, with all its attempts before it", body = Replayed),
        (status = 404, description = "There is no such dead letter, or it is on its way", body = crate::doors::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn replay_one(
    door: web::Data<InternalDoor>,
    NumberInPath(id): NumberInPath,
) -> Result<HttpResponse, Problem> {
    match replay(&door, Replay::One(id)).await? {
        0 => Err(problems::unknown_letter()),
        replayed => Ok(HttpResponse::Ok().json(Replayed { replayed })),
    }
}

/// Send all dead letters of an endpoint again
#[utoipa::path(
    post,
    path = "/internal/webhooks/dead/replay",
    tag = "webhooks",
    request_body = ReplayBody,
    responses(
        (status = 200, description = "They are on their way, a room's in the order they died", body = Replayed),
        (status = 404, description = "There is no such endpoint", body = crate::doors::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn replay_all(
    door: web::Data<InternalDoor>,
    JsonBody { said, .. }: JsonBody<ReplayBody>,
) -> Result<HttpResponse, Problem> {
    let missing = || problems::invalid_body(&FieldError::custom("endpoint: is missing"));
    let endpoint = endpoint_at(&door, said.endpoint.ok_or_else(missing)?)?;
    let replayed = replay(&door, Replay::AllOf(endpoint)).await?;
    Ok(HttpResponse::Ok().json(Replayed { replayed }))
}

/// Enable an endpoint again
///
/// Everything that waits for it is due at once.
#[utoipa::path(
    post,
    path = "/internal/webhooks/{endpoint}/enable",
    tag = "webhooks",
    params(("endpoint" = u64, Path, description = "Its place in `webhooks.urls`, from 0")),
    responses(
        (status = 200, description = "It is told again", body = Enabled),
        (status = 404, description = "There is no such endpoint", body = crate::doors::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn enable_endpoint(
    door: web::Data<InternalDoor>,
    NumberInPath(place): NumberInPath,
) -> Result<HttpResponse, Problem> {
    let endpoint = endpoint_at(&door, place)?;
    let wait = door.broker.settings().command_timeout;
    let enabled = door.broker.archive().ask(EnableEndpoint(endpoint), wait).await?;
    let enabled = enabled.map_err(recado_actors::refusal::Refusal::from)?;
    door.broker.courier().tell(VisitEndpoints);
    Ok(HttpResponse::Ok().json(Enabled { enabled }))
}

fn endpoint_at(door: &InternalDoor, place: u64) -> Result<EndpointId, Problem> {
    let webhooks = door.broker.ports().webhooks.as_ref();
    let place = usize::try_from(place).ok();
    let endpoint = webhooks.zip(place).and_then(|(webhooks, place)| webhooks.endpoints.get(place));
    endpoint.map(|endpoint| endpoint.id.clone()).ok_or_else(problems::unknown_endpoint)
}

async fn replay(door: &InternalDoor, which: Replay) -> Result<u64, Problem> {
    let wait = door.broker.settings().command_timeout;
    let replayed = door.broker.archive().ask(ReplayLetters(which), wait).await?;
    let replayed = replayed.map_err(recado_actors::refusal::Refusal::from)?;
    door.broker.courier().tell(VisitEndpoints);
    Ok(replayed)
}
