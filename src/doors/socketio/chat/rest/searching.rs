//! Messages of a group that say something, whatever case and accents.

use actix_web::{HttpResponse, web};
use recado_actors::id::Seq;
use recado_actors::ports::search::Found;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::answer::{Failure, link, ok};
use super::caller::Caller;
use super::views::whole;

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Anywhere in the text, at least one character that is no space.
    #[param(example = "acao")]
    q: Option<String>,
    /// At most 100.
    #[param(value_type = Option<u64>, example = 20)]
    limit: Option<String>,
    /// `nextBefore` of the answer before.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
}

/// Search a group's messages
///
/// From the newest back; the oldest found comes first. `acao` finds `Ação`, and part of a word finds the word. One
/// search looks at so many messages at most: with `hasMore` it goes on at `nextBefore`.
#[utoipa::path(
    get,
    path = "/api/chat/groups/{groupId}/messages/search",
    tag = "chat",
    params(("groupId" = u64, Path, example = 12), SearchQuery),
    responses(
        (status = 200, description = "What was found", body = Value, example = json!({
            "message": "Mensagens encontradas",
            "data": { "messages": [{ "id": 90, "content": "Ação!" }], "count": 1, "hasMore": false, "nextBefore": null },
            "links": []
        })),
        (status = 400, description = "Nothing to look for", body = super::answer::ErrorBody, example = json!({
            "message": "Dados inválidos", "error": "Parâmetro de busca \"q\" é obrigatório"
        })),
    ),
)]
pub async fn search_messages(
    caller: Caller,
    group: web::Path<String>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse, Failure> {
    let text = query.q.as_deref().unwrap_or_default().trim();
    if text.is_empty() {
        return Err(Failure::invalid(r#"Parâmetro de busca "q" é obrigatório"#));
    }
    let limit = usize::try_from(whole("limit", query.limit.as_deref(), 20)?.min(100)).unwrap_or(1);
    let before = whole("before", query.before.as_deref(), u64::from(u32::MAX))?;
    let before = if query.before.is_none() { Seq(u64::MAX) } else { Seq(before) };
    let member = caller.enters(&group).await?;
    let Found { entries, rest } = member.log().search(&member.room, text, before, limit).await?;
    let views = member.views(&entries).await?;
    let found = json!({
        "messages": views, "count": views.len(), "hasMore": rest.is_some(), "nextBefore": rest,
    });
    Ok(ok("Mensagens encontradas", found, vec![link("group_messages", "GET", member.messages())]))
}
