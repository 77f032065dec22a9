//! The field `model-index` of a model's card: evaluation results in a shape that the Hub insists on.

use serde_json::{Map, Value};

/// What is wrong with the field, in the Hub's words; empty where it is right or not there.
pub(crate) fn problems(fields: &Map<String, Value>) -> Vec<String> {
    let mut check = Check::default();
    if let Some(index) = fields.get("model-index") {
        check.each("model-index", index, |check, at, model| {
            check.text(at, model, "name");
            check.field(at, model, "results", |check, at, results| check.each(at, results, result));
        });
    }
    check.problems
}

fn result(check: &mut Check, at: &str, result: &Value) {
    check.field(at, result, "task", |check, at, task| check.text(at, task, "type"));
    check.field(at, result, "dataset", |check, at, dataset| {
        check.text(at, dataset, "type");
        check.text(at, dataset, "name");
    });
    check.field(at, result, "metrics", |check, at, metrics| {
        check.each(at, metrics, |check, at, metric| {
            check.text(at, metric, "type");
            check.field(at, metric, "value", |_, _, _| {});
        });
    });
}

/// Collects what is wrong.
#[derive(Default)]
struct Check {
    problems: Vec<String>,
}

impl Check {
    fn each(&mut self, at: &str, value: &Value, mut check: impl FnMut(&mut Self, &str, &Value)) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let at = format!("{at}[{index}]");
                    if item.is_object() {
                        check(self, &at, item);
                    } else {
                        self.problems.push(format!("\"{at}\" must be of type object"));
                    }
                }
            }
            _ => self.problems.push(format!("\"{at}\" must be an array")),
        }
    }

    fn field(&mut self, at: &str, value: &Value, name: &str, mut check: impl FnMut(&mut Self, &str, &Value)) {
        let inner = format!("{at}.{name}");
        match value.get(name) {
            Some(field) => check(self, &inner, field),
            None if value.is_object() => self.problems.push(format!("\"{inner}\" is required")),
            None => self.problems.push(format!("\"{at}\" must be of type object")),
        }
    }

    fn text(&mut self, at: &str, value: &Value, name: &str) {
        self.field(at, value, name, |check, at, field| {
            if !field.is_string() {
                check.problems.push(format!("\"{at}\" must be a string"));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wrong_shape_is_named_where_it_is_wrong() {
        let right = json!([{"name": "m", "results": [{
            "task": {"type": "t"}, "dataset": {"type": "d", "name": "D"},
            "metrics": [{"type": "accuracy", "value": 0.9}]
        }]}]);
        let mut nameless = right.clone();
        nameless[0]["results"][0]["dataset"].as_object_mut().unwrap().remove("name");
        let mut valueless = right.clone();
        valueless[0]["results"][0]["metrics"][0] = json!({"type": 1});
        for (index, expected) in [
            (right, &[][..]),
            (json!([]), &[]),
            (json!({"name": "m"}), &["\"model-index\" must be an array"]),
            (json!(null), &["\"model-index\" must be an array"]),
            (json!(["m"]), &["\"model-index[0]\" must be of type object"]),
            (json!([{"results": []}]), &["\"model-index[0].name\" is required"]),
            (json!([{"name": "m"}]), &["\"model-index[0].results\" is required"]),
            (
                json!([{"name": "m", "results": [{"task": "t", "dataset": {"type": "d", "name": "D"}, "metrics": {}}]}]),
                &[
                    "\"model-index[0].results[0].task\" must be of type object",
                    "\"model-index[0].results[0].metrics\" must be an array",
                ],
            ),
            (nameless, &["\"model-index[0].results[0].dataset.name\" is required"]),
            (
                valueless,
                &[
                    "\"model-index[0].results[0].metrics[0].type\" must be a string",
                    "\"model-index[0].results[0].metrics[0].value\" is required",
                ],
            ),
        ] {
            let fields = json!({"model-index": index});
            assert_eq!(problems(fields.as_object().unwrap()), expected, "{index}");
        }
        assert!(problems(&Map::new()).is_empty());
    }
}
