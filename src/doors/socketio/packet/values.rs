//! JSON to values, no deeper and no more of them than the limits allow.
//!
//! Seven bytes, `{"":0},`, become some seven hundred in memory: the length of a text does not bound what is made of it.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Fault, Limits, halves};

/// Reads JSON of whatever kind.
pub(super) fn read(json: &str, limits: &Limits) -> Result<Value, Fault> {
    match parsed(json, limits) {
        Err(Fault::BadJson) => halves::mended(json).map_or(Err(Fault::BadJson), |json| parsed(&json, limits)),
        read => read,
    }
}

fn parsed(json: &str, limits: &Limits) -> Result<Value, Fault> {
    let budget = Budget { left: Cell::new(limits.values), fault: Cell::new(Fault::BadJson) };
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = Seed { budget: &budget, depth: limits.depth }.deserialize(&mut reader);
    value.and_then(|value| reader.end().map(|()| value)).map_err(|_| budget.fault.get())
}

/// What a packet may still cost, and what was wrong with it.
struct Budget {
    left: Cell<usize>,
    fault: Cell<Fault>,
}

impl Budget {
    fn refuse<E: Error>(&self, fault: Fault) -> E {
        self.fault.set(fault);
        E::custom(fault)
    }
}

/// One value, within what is left.
#[derive(Clone, Copy)]
struct Seed<'a> {
    budget: &'a Budget,
    depth: usize,
}

impl Seed<'_> {
    /// For what lies within this one.
    fn inner<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1);
        Ok(Self { depth: depth.ok_or_else(|| self.budget.refuse(Fault::TooDeep))?, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        let left = self.budget.left.get().checked_sub(1);
        self.budget.left.set(left.ok_or_else(|| self.budget.refuse(Fault::TooManyValues))?);
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut fields = Map::new();
        while let Some(key) = map.next_key()? {
            fields.insert(key, map.next_value_seed(inner)?);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> Limits {
        Limits { depth: 3, values: 10, ..Limits::default() }
    }

    #[test]
    fn values_are_counted_and_measured() {
        for (json, fault) in [
            ("[1,[[2]]]", None),
            ("[1,[[[2]]]]", Some(Fault::TooDeep)),
            (r#"{"a":{"b":{"c":{}}}}"#, Some(Fault::TooDeep)),
            ("[1,2,3,4,5,6,7,8,9]", None),
            ("[1,2,3,4,5,6,7,8,9,10]", Some(Fault::TooManyValues)),
            (r#"[{"a":1},{"a":1},{"a":1},{"a":1},{"a":1}]"#, Some(Fault::TooManyValues)),
            ("[1,]", Some(Fault::BadJson)),
            ("[1]]", Some(Fault::BadJson)),
            ("", Some(Fault::BadJson)),
        ] {
            assert_eq!(read(json, &limits()).err(), fault, "{json}");
        }
    }

    #[test]
    fn a_text_of_openings_costs_no_stack() {
        let deep = |sign: &str| read(&sign.repeat(1_000_000), &Limits::default());
        assert_eq!(deep("["), Err(Fault::TooDeep));
        assert_eq!(deep("{\"\":"), Err(Fault::TooDeep));
    }

    /// A name by which `serde_json` hands itself JSON that it need not look at.
    #[test]
    fn no_name_is_special() {
        let json = r#"{"$serde_json::private::RawValue":"[[[[[]]]]]"}"#;
        let Ok(Value::Object(fields)) = read(json, &limits()) else { panic!("{json} is an object") };
        assert_eq!(fields.values().next(), Some(&Value::from("[[[[[]]]]]")));
    }

    proptest! {
        #[test]
        fn what_is_json_is_read_as_by_everybody(json in r#"([\[\]{}",:]|"[a-z]"|-?[0-9]{1,21}(\.[0-9])?|1e[0-9]{1,3}|null|true|false|\\u00e9){0,12}"#) {
            let wide = Limits { depth: 100, values: 1000, ..Limits::default() };
            prop_assert_eq!(read(&json, &wide).ok(), serde_json::from_str::<Value>(&json).ok());
        }
    }
}
