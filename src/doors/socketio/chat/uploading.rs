//! A file inside an event: as base64, as a data URL, or as an attachment.

use std::borrow::Cow;

use recado_actors::depot::{NewFile, Visitor};
use recado_actors::message::client::Right;
use recado_actors::refusal::Refusal;
use serde_json::{Value, json};

use super::asked::Number;
use super::talk::{Desk, group_of};
use super::texts;
use crate::doors::socketio::talk::Event;
use crate::media::attached::{self, AttachedError};

impl Desk {
    /// Its size is what came, whatever the client says it is.
    pub async fn upload(
        &self,
        group: Number,
        name: String,
        size: u64,
        event: &Event,
    ) -> Result<Value, Cow<'static, str>> {
        let said = |refusal: Refusal| texts::of(&refusal, texts::FAILED);
        let limit = self.door.depot.rules().max_bytes;
        if size > limit {
            return Err(texts::too_large(limit).into());
        }
        let room = group_of(group).map_err(said)?.room();
        debug_assert_eq!(self.guest.identity.right, Right::Member);
        let bytes =
            match (event.args.first().and_then(|fields| fields.get("file")), event.attachments.first()) {
                (_, Some(bytes)) => attached::from_bytes(bytes.clone(), limit),
                (Some(Value::String(text)), None) => attached::from_text(text, limit),
                (_, None) => Err(AttachedError::Malformed),
            };
        let bytes = bytes.map_err(|error| match error {
            AttachedError::TooLarge { limit } => texts::too_large(limit).into(),
            AttachedError::Empty | AttachedError::Malformed => Cow::from(texts::FILE_INCOMPLETE),
        })?;
        let visitor = Visitor { user: self.guest.identity.user.clone(), room: None };
        let new = NewFile { title: name, room: Some(room) };
        let record = self.door.depot.store(&visitor, new, bytes).await.map_err(said)?;
        Ok(json!({
            "success": true, "fileUrl": format!("/uploads/chat/{}", record.name()), "fileName": record.title,
            "fileSize": record.bytes, "message": texts::UPLOADED,
        }))
    }
}
