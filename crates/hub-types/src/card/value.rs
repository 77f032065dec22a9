//! Values of YAML, in the order of their author.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::{Map, Number, Value};

/// A value of a card.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub enum CardValue {
    /// No value; writing one removes a field.
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<CardValue>),
    Map(CardMap),
}

/// Fields in the order in which they stand. A name is there once.
#[derive(Clone, PartialEq, Default)]
pub struct CardMap(Vec<(String, CardValue)>);

impl CardMap {
    /// No fields.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&CardValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Sets a field: at its place, or at the end. Gives its old value.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<CardValue>) -> Option<CardValue> {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.0.push((name, value));
                None
            }
        }
    }

    /// Removes a field and gives its value.
    pub fn remove(&mut self, name: &str) -> Option<CardValue> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// The fields in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &CardValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Changes the value of each field by that of the same field in another map of the same names.
    pub(super) fn zip(&mut self, other: Self, change: impl Fn(&mut CardValue, CardValue)) {
        for ((name, value), (same, other)) in self.0.iter_mut().zip(other.0) {
            if *name == same {
                change(value, other);
            }
        }
    }

    /// Whether both have the same fields, in whatever order.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }

    /// The fields by name.
    pub fn to_json(&self) -> Map<String, Value> {
        self.0.iter().map(|(name, value)| (name.clone(), value.to_json())).collect()
    }
}

impl fmt::Debug for CardMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<N: Into<String>, V: Into<CardValue>> FromIterator<(N, V)> for CardMap {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut map = Growing::default();
        fields.into_iter().for_each(|(name, value)| map.put(name.into(), value.into()));
        map.done
    }
}

/// Fields that come one after the other: of a name that is given twice the first place and the last value count.
#[derive(Default)]
struct Growing {
    done: CardMap,
    places: HashMap<String, usize>,
}

impl Growing {
    fn put(&mut self, name: String, value: CardValue) {
        let CardMap(fields) = &mut self.done;
        match self.places.entry(name) {
            Entry::Vacant(place) => {
                fields.push((place.key().clone(), value));
                place.insert(fields.len() - 1);
            }
            Entry::Occupied(place) => {
                if let Some((_, old)) = fields.get_mut(*place.get()) {
                    *old = value;
                }
            }
        }
    }
}

impl CardValue {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The values of a list.
    pub fn as_list(&self) -> Option<&[CardValue]> {
        if let Self::List(values) = self { Some(values) } else { None }
    }

    /// The fields of a mapping.
    pub fn as_map(&self) -> Option<&CardMap> {
        if let Self::Map(fields) = self { Some(fields) } else { None }
    }

    /// The same as JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(yes) => Value::Bool(*yes),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(values) => Value::Array(values.iter().map(Self::to_json).collect()),
            Self::Map(fields) => Value::Object(fields.to_json()),
        }
    }
}

impl From<Value> for CardValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Bool(yes),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(values) => Self::List(values.into_iter().map(Self::from).collect()),
            Value::Object(fields) => Self::Map(fields.into_iter().collect()),
        }
    }
}

impl From<&str> for CardValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for CardValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for CardValue {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<i64> for CardValue {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for CardValue {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

impl From<f64> for CardValue {
    /// What is no finite number becomes null.
    fn from(number: f64) -> Self {
        Number::from_f64(number).map_or(Self::Null, Self::Number)
    }
}

impl From<CardMap> for CardValue {
    fn from(fields: CardMap) -> Self {
        Self::Map(fields)
    }
}

impl<V: Into<CardValue>> From<Vec<V>> for CardValue {
    fn from(values: Vec<V>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<V: Into<CardValue>, const N: usize> From<[V; N]> for CardValue {
    fn from(values: [V; N]) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl Serialize for CardValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(value))?;
                list.end()
            }
            Self::Map(fields) => fields.serialize(serializer),
        }
    }
}

impl Serialize for CardMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        self.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for CardValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = CardValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<CardValue, E> {
        Ok(CardValue::Null)
    }

    fn visit_none<E>(self) -> Result<CardValue, E> {
        Ok(CardValue::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<CardValue, D::Error> {
        CardValue::deserialize(deserializer)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<CardValue, E> {
        Ok(yes.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<CardValue, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<CardValue, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<CardValue, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<CardValue, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<CardValue, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<CardValue, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(CardValue::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CardValue, A::Error> {
        let mut fields = Growing::default();
        while let Some((name, value)) = map.next_entry()? {
            fields.put(name, value);
        }
        Ok(CardValue::Map(fields.done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_has_its_first_place_and_its_last_value() {
        let map = CardMap::from_iter([("b", 1u64), ("a", 2), ("b", 3), ("a", 4), ("c", 5)]);
        let expected = [("b", 3u64), ("a", 4), ("c", 5)].map(|(name, value)| (name, CardValue::from(value)));
        assert_eq!(map.iter().map(|(name, value)| (name, value.clone())).collect::<Vec<_>>(), expected);
        let many: CardMap = (0..100_000u64).map(|number| (number.to_string(), number)).collect();
        assert_eq!((many.len(), many.get("99999")), (100_000, Some(&CardValue::from(99_999u64))));
    }
}
