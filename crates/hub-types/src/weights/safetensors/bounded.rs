//! JSON of which each value is counted: small values take many times as much memory as text.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use crate::Extra;

/// The most values of what authors say of their weights, those inside of others included.
const MAX_VALUES: usize = 1 << 16;
/// The most tensors of an index of shards.
const MAX_INDEXED: usize = 1 << 19;

/// Reads what an index says of all files.
pub(super) fn extra<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Extra, D::Error> {
    struct Fields;
    impl<'de> Visitor<'de> for Fields {
        type Value = Extra;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Extra, A::Error> {
            let mut left = MAX_VALUES;
            fields(map, &mut left)
        }
    }
    deserializer.deserialize_map(Fields)
}

/// Reads the file of each tensor.
pub(super) fn weight_map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    struct Files;
    impl<'de> Visitor<'de> for Files {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut files = BTreeMap::new();
            while let Some((tensor, file)) = map.next_entry()? {
                if files.len() >= MAX_INDEXED {
                    return Err(too_many("tensors", MAX_INDEXED));
                }
                files.insert(tensor, file);
            }
            Ok(files)
        }
    }
    deserializer.deserialize_map(Files)
}

pub(super) fn too_many<E: Error>(what: &str, most: usize) -> E {
    E::custom(format!("it has more than {most} {what}, and those are not read"))
}

/// Texts by name, or null. Another value becomes its JSON, so that a careless author's file can be read.
pub(super) struct Texts;

impl<'de> DeserializeSeed<'de> for Texts {
    type Value = BTreeMap<String, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Texts {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut texts, mut left) = (BTreeMap::new(), MAX_VALUES);
        while let Some(name) = map.next_key::<String>()? {
            let text = match map.next_value_seed(Counted(&mut left))? {
                Value::String(text) => text,
                other => other.to_string(),
            };
            texts.insert(name, text);
        }
        Ok(texts)
    }
}

/// A value, while so many may still come.
struct Counted<'a>(&'a mut usize);

impl Counted<'_> {
    fn count<E: Error>(&mut self) -> Result<(), E> {
        *self.0 = self.0.checked_sub(1).ok_or_else(|| too_many("values in its metadata", MAX_VALUES))?;
        Ok(())
    }
}

fn fields<'de, A: MapAccess<'de>>(mut map: A, left: &mut usize) -> Result<Map<String, Value>, A::Error> {
    let mut fields = Map::new();
    while let Some(name) = map.next_key()? {
        fields.insert(name, map.next_value_seed(Counted(left))?);
    }
    Ok(fields)
}

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Counted(&mut *self.0))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        fields(map, self.0).map(Value::Object)
    }
}
