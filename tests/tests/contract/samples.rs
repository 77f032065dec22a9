//! Values that a schema allows.

use serde_json::{Map, Value, json};

/// Makes values for schemas that refer to shared ones.
pub(crate) struct Samples<'a> {
    /// The shared schemas by name.
    pub(crate) shared: &'a Value,
    /// Whether objects have all fields that the schema names, or only those that it requires.
    pub(crate) full: bool,
}

impl Samples<'_> {
    /// Values that together have each alternative and each word of an enumeration at least once.
    pub(crate) fn of(&self, schema: &Value) -> Vec<Value> {
        if let Some(name) = schema["$ref"].as_str() {
            return self.of(&self.shared[name.trim_start_matches("#/$defs/")]);
        }
        if let Some(alternatives) = schema["anyOf"].as_array() {
            return alternatives.iter().flat_map(|schema| self.of(schema)).collect();
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return self.joined(parts);
        }
        if let Some(words) = schema["enum"].as_array() {
            return words.clone();
        }
        if let Some(value) = schema.get("const") {
            return vec![value.clone()];
        }
        if schema.get("not").is_some() {
            // Written for "nothing".
            return Vec::new();
        }
        match schema["type"].as_str() {
            Some("object") => self.objects(schema),
            Some("array") => vec![Value::Array(self.of(&schema["items"]))],
            Some("string") => vec![json!(text(schema))],
            Some("integer") => vec![json!(7)],
            Some("number") => vec![json!(7)],
            Some("boolean") => vec![json!(true), json!(false)],
            Some("null") => vec![Value::Null],
            _ => vec![json!("anything"), json!({})],
        }
    }

    fn objects(&self, schema: &Value) -> Vec<Value> {
        let is_required = |name: &String| {
            schema["required"].as_array().is_some_and(|required| required.contains(&json!(name)))
        };
        let mut fields: Vec<(String, Vec<Value>)> = Vec::new();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if self.full || is_required(name) {
                fields.push((name.clone(), self.of(field)));
            }
        }
        if schema["additionalProperties"].is_object() {
            let names = self
                .of(&schema["propertyNames"])
                .into_iter()
                .filter_map(|name| name.as_str().map(str::to_owned));
            fields.extend(names.map(|name| (name, self.of(&schema["additionalProperties"]))));
        }
        let count = fields.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
        let nth = |index: usize| -> Map<String, Value> {
            fields.iter().map(|(name, values)| (name.clone(), values[index % values.len()].clone())).collect()
        };
        (0..count).map(|index| Value::Object(nth(index))).collect()
    }

    /// Objects that have the fields of all parts.
    fn joined(&self, parts: &[Value]) -> Vec<Value> {
        let parts: Vec<Vec<Value>> = parts.iter().map(|part| self.of(part)).collect();
        let count = parts.iter().map(Vec::len).max().unwrap_or(0);
        let nth = |index: usize| -> Map<String, Value> {
            parts.iter().flat_map(|part| part[index % part.len()].as_object().unwrap().clone()).collect()
        };
        (0..count).map(|index| Value::Object(nth(index))).collect()
    }
}

/// A text that keeps the rules that occur.
fn text(schema: &Value) -> &'static str {
    let is_id = schema["pattern"].as_str().is_some_and(|pattern| pattern.ends_with("{24}$"));
    match schema["format"].as_str() {
        Some("date-time") => "2024-05-06T07:08:09.012Z",
        Some("email") => "ada@example.org",
        Some("uri") => "https://example.org/x",
        _ if is_id => "64aa00bb11cc22dd33ee44ff",
        _ => "text",
    }
}
