//! Reading a value that should have a certain shape, and keeping it as it is where it has another.
//!
//! Listings hold many thousand items; one odd field must not make an item unreadable. Values are read straight into
//! their types, without a copy of the text in between.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        DeserializeOwned, Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Map, Number, Value};

use crate::Timestamp;

/// A value of the expected shape, or whatever else was there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lenient<T> {
    /// As expected.
    Known(T),
    /// Anything else.
    Other(Value),
}

/// What a type makes of each kind of JSON value. Kinds that are left out do not fit.
pub(crate) trait Shape: Serialize + Sized {
    fn of_null() -> Option<Self> {
        None
    }

    fn of_bool(_: bool) -> Option<Self> {
        None
    }

    fn of_number(_: &Number) -> Option<Self> {
        None
    }

    fn of_text(_: &str) -> Option<Self> {
        None
    }

    fn of_array<'de, A: SeqAccess<'de>>(array: A) -> Result<Lenient<Self>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(array)).map(Lenient::Other)
    }

    fn of_object<'de, A: MapAccess<'de>>(object: A) -> Result<Lenient<Self>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(object)).map(Lenient::Other)
    }
}

impl<'de, T: Shape> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Shape> Visitor<'de> for Reader<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Lenient<T>, E> {
        Ok(T::of_null().map_or(Lenient::Other(Value::Null), Lenient::Known))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Lenient<T>, E> {
        Ok(T::of_bool(value).map_or(Lenient::Other(Value::Bool(value)), Lenient::Known))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Lenient<T>, E> {
        Ok(number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Lenient<T>, E> {
        Ok(number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Lenient<T>, E> {
        Ok(Number::from_f64(value).map_or(Lenient::Other(Value::Null), number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Lenient<T>, E> {
        Ok(T::of_text(value).map_or_else(|| Lenient::Other(value.into()), Lenient::Known))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Lenient<T>, A::Error> {
        T::of_array(array)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Lenient<T>, A::Error> {
        T::of_object(object)
    }
}

fn number<T: Shape>(value: Number) -> Lenient<T> {
    T::of_number(&value).map_or_else(|| Lenient::Other(Value::Number(value)), Lenient::Known)
}

impl Shape for String {
    fn of_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Shape for Timestamp {
    fn of_text(text: &str) -> Option<Self> {
        Some(Self::new(text))
    }
}

impl Shape for bool {
    fn of_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Shape for u64 {
    fn of_number(value: &Number) -> Option<Self> {
        value.as_u64()
    }
}

impl Shape for f64 {
    fn of_number(value: &Number) -> Option<Self> {
        value.as_f64()
    }
}

/// Everything fits, so nothing is ever kept beside.
impl Shape for Value {
    fn of_null() -> Option<Self> {
        Some(Self::Null)
    }

    fn of_bool(value: bool) -> Option<Self> {
        Some(Self::Bool(value))
    }

    fn of_number(value: &Number) -> Option<Self> {
        Some(Self::Number(value.clone()))
    }

    fn of_text(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn of_array<'de, A: SeqAccess<'de>>(array: A) -> Result<Lenient<Self>, A::Error> {
        Self::deserialize(SeqAccessDeserializer::new(array)).map(Lenient::Known)
    }

    fn of_object<'de, A: MapAccess<'de>>(object: A) -> Result<Lenient<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(object)).map(Lenient::Known)
    }
}

impl<T: Shape> Shape for Vec<T> {
    fn of_array<'de, A: SeqAccess<'de>>(mut array: A) -> Result<Lenient<Self>, A::Error> {
        let mut items = Self::new();
        while let Some(item) = array.next_element::<Lenient<T>>()? {
            match item {
                Lenient::Known(item) => items.push(item),
                Lenient::Other(odd) => return keep_array(items, odd, array).map(Lenient::Other),
            }
        }
        Ok(Lenient::Known(items))
    }
}

impl<T: Shape> Shape for BTreeMap<String, T> {
    fn of_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Lenient<Self>, A::Error> {
        let (mut known, mut odd) = (Self::new(), Map::new());
        while let Some(key) = object.next_key::<String>()? {
            match object.next_value::<Lenient<T>>()? {
                Lenient::Known(value) => drop(known.insert(key, value)),
                Lenient::Other(value) => drop(odd.insert(key, value)),
            }
        }
        if odd.is_empty() {
            return Ok(Lenient::Known(known));
        }
        for (key, value) in known {
            odd.insert(key, serde_json::to_value(value).map_err(A::Error::custom)?);
        }
        Ok(Lenient::Other(Value::Object(odd)))
    }
}

/// An array in which one element does not fit is kept whole.
fn keep_array<'de, T: Serialize, A: SeqAccess<'de>>(
    items: Vec<T>,
    odd: Value,
    mut array: A,
) -> Result<Value, A::Error> {
    let mut values = items
        .into_iter()
        .map(serde_json::to_value)
        .collect::<Result<Vec<_>, _>>()
        .map_err(A::Error::custom)?;
    values.push(odd);
    while let Some(value) = array.next_element()? {
        values.push(value);
    }
    Ok(Value::Array(values))
}

/// Reads an object by way of a generic value: for types that are rare in large responses.
pub(crate) fn buffered<'de, T: DeserializeOwned, A: MapAccess<'de>>(
    object: A,
) -> Result<Lenient<T>, A::Error> {
    let value = Value::deserialize(MapAccessDeserializer::new(object))?;
    Ok(T::deserialize(&value).map_or(Lenient::Other(value), Lenient::Known))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{BlobLfsInfo, Gated, RepoFile};

    fn read<T: Shape>(value: &Value) -> Lenient<T> {
        serde_json::from_str(&value.to_string()).unwrap()
    }

    fn fits<T: Shape>(value: Value) -> bool {
        matches!(read::<T>(&value), Lenient::Known(_))
    }

    #[test]
    fn a_type_takes_its_own_kind_of_value_and_no_other() {
        let values =
            [json!(null), json!(true), json!(7), json!(-7), json!(0.5), json!("x"), json!([]), json!({})];
        let of = |fits: [bool; 8]| fits;
        let taken = |fits: fn(Value) -> bool| values.clone().map(fits);
        assert_eq!(taken(fits::<String>), of([false, false, false, false, false, true, false, false]));
        assert_eq!(taken(fits::<Timestamp>), taken(fits::<String>));
        assert_eq!(taken(fits::<bool>), of([false, true, false, false, false, false, false, false]));
        assert_eq!(taken(fits::<u64>), of([false, false, true, false, false, false, false, false]));
        assert_eq!(taken(fits::<f64>), of([false, false, true, true, true, false, false, false]));
        assert_eq!(taken(fits::<Gated>), of([false, true, false, false, false, true, false, false]));
        assert_eq!(taken(fits::<Vec<String>>), of([false, false, false, false, false, false, true, false]));
        assert_eq!(taken(fits::<Value>), of([true; 8]));
    }

    #[test]
    fn an_array_with_an_odd_element_is_kept_whole_and_in_order() {
        let odd = json!([{"rfilename": "a", "new": 1}, {"size": 2}, "x", {"rfilename": "b"}]);
        assert_eq!(read::<Vec<RepoFile>>(&odd), Lenient::Other(odd));
    }

    #[test]
    fn an_lfs_object_without_its_sha256_is_kept() {
        let odd = json!({"size": 1});
        assert_eq!(read::<BlobLfsInfo>(&odd), Lenient::Other(odd));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z\"\\\\é]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]|rfilename", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_again(value in any_json()) {
            let written = match read::<Vec<RepoFile>>(&value) {
                Lenient::Known(files) => serde_json::to_value(files).unwrap(),
                Lenient::Other(value) => value,
            };
            prop_assert_eq!(written, value);
        }
    }
}
