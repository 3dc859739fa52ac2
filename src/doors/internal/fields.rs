//! JSON objects and query strings to typed requests. Pure: no sockets, no actors.
//!
//! An error names the field it is about and never repeats what stood in it.

use std::fmt::{self, Display};

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

/// The most characters of an unknown field's name that are told back.
const NAME_CHARS: usize = 40;

/// Reads a request from a JSON value, which must be an object.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, FieldError> {
    let Value::Object(object) = value else {
        let found = kind(&Piece(value).unexpected());
        return Err(FieldError::custom(format!("expected an object, found {found}")));
    };
    T::deserialize(MapAccessDeserializer::new(Fields { rest: object.into_iter(), next: None }))
}

/// Reads a request from a query string; a value of digits only is a number.
pub fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, FieldError> {
    let mut object = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = value.parse::<u64>().map_or_else(|_| Value::from(value.as_ref()), Value::from);
        if object.insert(name.clone().into_owned(), value).is_some() {
            return Err(FieldError::custom("is given twice").at(&name));
        }
    }
    read(Value::Object(object))
}

/// What is wrong with which field; with the whole, if none.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldError {
    field: Option<String>,
    text: String,
}

impl FieldError {
    pub fn at(self, field: &str) -> Self {
        let within = match self.field {
            None => String::new(),
            Some(inner) if inner.starts_with('[') => inner,
            Some(inner) => format!(".{inner}"),
        };
        Self { field: Some(shown(field) + &within), ..self }
    }

    /// The same of an item in a list, counted from 0.
    pub fn at_item(self, place: usize) -> Self {
        let within = self.field.map(|inner| format!(".{inner}")).unwrap_or_default();
        Self { field: Some(format!("[{place}]{within}")), ..self }
    }

    /// What is wrong with this field.
    pub fn of(field: &str, text: impl Display) -> Self {
        Self::custom(text).at(field)
    }
}

/// A name as it may be told back: short, and nothing that breaks a line.
fn shown(name: &str) -> String {
    name.chars().take(NAME_CHARS).filter(|letter| !letter.is_control()).collect()
}

impl Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, text } = self;
        match field {
            Some(field) => write!(f, "{field}: {text}"),
            None => f.write_str(text),
        }
    }
}

impl std::error::Error for FieldError {}

impl Error for FieldError {
    fn custom<T: Display>(text: T) -> Self {
        Self { field: None, text: text.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format!("expected {expected}, found {}", kind(&found)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format!("expected {expected}"))
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::custom(format!("expected one of {}", known.join(", ")))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::custom(format!("is not known here; known are {}", known.join(", "))).at(name)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::custom("is missing").at(name)
    }
}

fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        _ => "something else",
    }
}

struct Fields {
    rest: serde_json::map::IntoIter,
    next: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, FieldError> {
        self.next = self.rest.next();
        let Some((name, _)) = &self.next else { return Ok(None) };
        let name: StrDeserializer<'_, FieldError> = name.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, FieldError> {
        let (name, value) = self.next.take().ok_or_else(|| FieldError::custom("a value without a name"))?;
        seed.deserialize(Piece(value)).map_err(|error| error.at(&name))
    }
}

struct Items {
    rest: std::iter::Enumerate<std::vec::IntoIter<Value>>,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = FieldError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, FieldError> {
        let Some((place, value)) = self.rest.next() else { return Ok(None) };
        seed.deserialize(Piece(value)).map(Some).map_err(|error| error.at_item(place))
    }
}

/// What stands in one field. Only who asks for a list or an object gets one.
struct Piece(Value);

impl Piece {
    fn unexpected(&self) -> Unexpected<'_> {
        match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Number(_) => Unexpected::Float(0.0),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        }
    }
}

impl<'de> Deserializer<'de> for Piece {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match number.as_u64() {
                Some(whole) => visitor.visit_u64(whole),
                None => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(_) | Value::Object(_) => Err(FieldError::invalid_type(self.unexpected(), &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match &self.0 {
            Value::String(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            _ => Err(FieldError::invalid_type(self.unexpected(), &"a string")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items { rest: items.into_iter().enumerate() }),
            _ => Err(FieldError::invalid_type(self.unexpected(), &"an array")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match self.0 {
            Value::Object(object) => visitor.visit_map(Fields { rest: object.into_iter(), next: None }),
            _ => Err(FieldError::invalid_type(self.unexpected(), &"an object")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct map identifier ignored_any
    }
}
