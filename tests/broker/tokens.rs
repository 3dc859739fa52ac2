//! Tokens as the applications behind us would mint them.

use recado::auth::{Signer, wall_clock};
use serde_json::{Value, json};

pub const SECRET: &str = "a secret that only the tests of this project know";
pub const INTERNAL: &str = "an internal secret that only these tests know";

/// The claims of seed 004 for a user in a chat, valid for an hour.
pub fn claims(user: &str, chat: &str) -> Value {
    let now = wall_clock();
    json!({ "userId": user, "chatId": chat, "name": user, "iat": now, "exp": now + 3600 })
}

/// The same with some claims changed; a null takes one away.
pub fn claims_with(user: &str, chat: &str, changes: Value) -> Value {
    let mut claims = claims(user, chat);
    for (name, value) in changes.as_object().expect("changes are an object") {
        let claims = claims.as_object_mut().expect("claims are an object");
        match value {
            Value::Null => claims.remove(name),
            value => claims.insert(name.clone(), value.clone()),
        };
    }
    claims
}

pub fn sign(claims: &Value) -> String {
    Signer::new(SECRET).sign(claims).expect("claims can be signed")
}
