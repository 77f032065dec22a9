//! What searches are narrowed by.

use hub_transport::Error;
use hub_types::{DatasetFilter, Extra, Message, ModelFilter};
use serde_json::Value;

/// What `filter` takes: a tag, several, a [`ModelFilter`] or a [`DatasetFilter`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterArg {
    pub(crate) author: Option<String>,
    pub(crate) search: Option<String>,
    pub(crate) tags: Vec<String>,
}

impl FilterArg {
    fn tags<S: Into<String>>(tags: impl IntoIterator<Item = S>) -> Self {
        Self { tags: tags.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

impl From<&str> for FilterArg {
    fn from(tag: &str) -> Self {
        Self::tags([tag])
    }
}

impl From<String> for FilterArg {
    fn from(tag: String) -> Self {
        Self::tags([tag])
    }
}

impl<S: Into<String>> From<Vec<S>> for FilterArg {
    fn from(tags: Vec<S>) -> Self {
        Self::tags(tags)
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for FilterArg {
    fn from(tags: [S; N]) -> Self {
        Self::tags(tags)
    }
}

impl From<ModelFilter> for FilterArg {
    fn from(filter: ModelFilter) -> Self {
        Self {
            author: filter.wanted_author().map(str::to_owned),
            search: filter.wanted_name().map(str::to_owned),
            tags: filter.tags(),
        }
    }
}

impl From<DatasetFilter> for FilterArg {
    fn from(filter: DatasetFilter) -> Self {
        Self {
            author: filter.wanted_author().map(str::to_owned),
            search: filter.wanted_name().map(str::to_owned),
            tags: filter.tags(),
        }
    }
}

/// Bounds of what the training of a model emitted, in grams of CO2 equivalents.
#[derive(Debug, Clone, Copy, PartialEq)]
#[doc(hidden)]
pub struct Emissions {
    least: Option<f64>,
    most: Option<f64>,
}

impl Emissions {
    pub(crate) const fn new(least: Option<f64>, most: Option<f64>) -> Self {
        Self { least, most }
    }

    /// Refuses bounds that bound nothing.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match (self.least, self.most) {
            (None, None) => Err(Error::build(
                Message::argument("emissions_thresholds").text(" needs a least or a most value"),
            )),
            (least, most) if [least, most].into_iter().flatten().any(f64::is_nan) => {
                Err(Error::build(Message::argument("emissions_thresholds").text(" is not a number")))
            }
            _ => Ok(()),
        }
    }

    /// Whether a card states a value within the bounds. No value, or zero, is none.
    pub(crate) fn hold(&self, card: Option<&Extra>) -> bool {
        card.and_then(stated).is_some_and(|value| {
            self.least.is_none_or(|least| least <= value) && self.most.is_none_or(|most| value <= most)
        })
    }
}

/// What a card says in `co2_eq_emissions`: a number, a text with one in it, or an object with either at `emissions`.
fn stated(card: &Extra) -> Option<f64> {
    let field = card.get("co2_eq_emissions")?;
    let value = match field {
        Value::Object(fields) => fields.get("emissions")?,
        other => other,
    };
    let value = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => first_number(text)?,
        _ => return None,
    };
    (value != 0.0).then_some(value)
}

/// The first number in a text: digits, with one decimal point between them.
fn first_number(text: &str) -> Option<f64> {
    let from = text.get(text.find(|c: char| c.is_ascii_digit())?..)?;
    let mut point_seen = false;
    let end = from.find(|c: char| match c {
        '.' => std::mem::replace(&mut point_seen, true),
        c => !c.is_ascii_digit(),
    });
    from.get(..end.unwrap_or(from.len()))?.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn emissions_are_read_in_every_form_that_cards_have() {
        let cases = [
            (json!(12.5), Some(12.5)),
            (json!("3.5 g, or 4"), Some(3.5)),
            (json!("about 7. More"), Some(7.0)),
            (json!("1.2.3"), Some(1.2)),
            (json!({"emissions": 9}), Some(9.0)),
            (json!({"emissions": "10 kg"}), Some(10.0)),
            (json!({"source": "unknown"}), None),
            (json!("none"), None),
            (json!(0), None),
            (json!(""), None),
            (json!(null), None),
            (json!([1]), None),
        ];
        for (value, expected) in cases {
            assert_eq!(stated(&card(json!({"co2_eq_emissions": value}))), expected, "{value}");
        }
        assert_eq!(stated(&Extra::new()), None);
    }

    fn card(value: Value) -> Extra {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn bounds_are_included_and_one_may_be_left_out() {
        let card = card(json!({"co2_eq_emissions": 10}));
        let holds = |least, most| Emissions::new(least, most).hold(Some(&card));
        assert!(holds(Some(10.0), Some(10.0)) && holds(None, Some(10.0)) && holds(Some(10.0), None));
        assert!(!holds(Some(10.1), None) && !holds(None, Some(9.9)));
        assert!(!Emissions::new(None, Some(10.0)).hold(None));
        assert!(Emissions::new(None, None).check().is_err());
    }
}
