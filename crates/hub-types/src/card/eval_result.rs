//! Results of evaluations, as `model-index` has them.

use super::{CardError, CardMap, CardValue};
use crate::setters::setters;

/// One result: what was measured, on what, and how much. Python: `EvalResult`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EvalResult {
    /// As in `text-generation`.
    pub task_type: String,
    /// Id of the dataset, or another short name.
    pub dataset_type: String,
    /// Name of the dataset for people.
    pub dataset_name: String,
    /// As in `accuracy`.
    pub metric_type: String,
    /// What was measured.
    pub metric_value: CardValue,
    /// Name of the task for people.
    pub task_name: Option<String>,
    /// Configuration of the dataset.
    pub dataset_config: Option<String>,
    /// Split of the dataset.
    pub dataset_split: Option<String>,
    /// Commit of the dataset.
    pub dataset_revision: Option<String>,
    /// What else the dataset was loaded with.
    pub dataset_args: Option<CardValue>,
    /// Name of the metric for people.
    pub metric_name: Option<String>,
    /// Configuration of the metric.
    pub metric_config: Option<String>,
    /// What else the metric was computed with.
    pub metric_args: Option<CardValue>,
    /// Whether the Hub has confirmed it.
    pub verified: Option<bool>,
    /// The proof of that.
    pub verify_token: Option<String>,
    /// Name of where it is from; goes with an URL.
    pub source_name: Option<String>,
    /// Where it is from.
    pub source_url: Option<String>,
}

impl EvalResult {
    /// A result with nothing else said.
    pub fn new(
        task_type: impl Into<String>,
        dataset_type: impl Into<String>,
        dataset_name: impl Into<String>,
        metric_type: impl Into<String>,
        metric_value: impl Into<CardValue>,
    ) -> Self {
        Self {
            task_type: task_type.into(),
            dataset_type: dataset_type.into(),
            dataset_name: dataset_name.into(),
            metric_type: metric_type.into(),
            metric_value: metric_value.into(),
            task_name: None,
            dataset_config: None,
            dataset_split: None,
            dataset_revision: None,
            dataset_args: None,
            metric_name: None,
            metric_config: None,
            metric_args: None,
            verified: None,
            verify_token: None,
            source_name: None,
            source_url: None,
        }
    }

    setters! {
        /// Name of the task for people. Default none.
        task_name: Option<String>,
        /// Configuration of the dataset. Default none.
        dataset_config: Option<String>,
        /// Split of the dataset. Default none.
        dataset_split: Option<String>,
        /// Commit of the dataset. Default none.
        dataset_revision: Option<String>,
        /// What else the dataset was loaded with. Default nothing.
        dataset_args: Option<CardValue>,
        /// Name of the metric for people. Default none.
        metric_name: Option<String>,
        /// Configuration of the metric. Default none.
        metric_config: Option<String>,
        /// What else the metric was computed with. Default nothing.
        metric_args: Option<CardValue>,
        /// Whether the Hub has confirmed it. Default nothing is said.
        verified: Option<bool>,
        /// The proof of that. Default none.
        verify_token: Option<String>,
        /// Name of where it is from. Default none.
        source_name: Option<String>,
        /// Where it is from. Default nothing is said.
        source_url: Option<String>,
    }

    /// Whether both stand in one entry of `model-index`: the same task on the same data. Python: `unique_identifier`.
    pub fn has_same_subject(&self, other: &Self) -> bool {
        self.task_type == other.task_type
            && self.dataset_type == other.dataset_type
            && self.dataset_config == other.dataset_config
            && self.dataset_split == other.dataset_split
            && self.dataset_revision == other.dataset_revision
    }

    /// Whether both are the same measurement, whatever came of it. Python: `is_equal_except_value`.
    pub fn is_equal_except_value(&self, other: &Self) -> bool {
        // A field that is new must be compared too.
        let Self {
            task_type,
            dataset_type,
            dataset_name,
            metric_type,
            metric_value: _,
            task_name,
            dataset_config,
            dataset_split,
            dataset_revision,
            dataset_args,
            metric_name,
            metric_config,
            metric_args,
            verified,
            verify_token: _,
            source_name,
            source_url,
        } = self;
        *task_type == other.task_type
            && *dataset_type == other.dataset_type
            && *dataset_name == other.dataset_name
            && *metric_type == other.metric_type
            && *task_name == other.task_name
            && *dataset_config == other.dataset_config
            && *dataset_split == other.dataset_split
            && *dataset_revision == other.dataset_revision
            && *dataset_args == other.dataset_args
            && *metric_name == other.metric_name
            && *metric_config == other.metric_config
            && *metric_args == other.metric_args
            && *verified == other.verified
            && *source_name == other.source_name
            && *source_url == other.source_url
    }
}

/// The results in a `model-index`, with the name of their model. Python: `model_index_to_eval_results`.
///
/// # Errors
/// When it is none: something that must be there is missing, or is of another kind.
pub fn model_index_to_eval_results(index: &CardValue) -> Result<(String, Vec<EvalResult>), CardError> {
    let wrong = |what: &str| CardError::new(format!("model-index {what}"));
    let models =
        index.as_list().filter(|models| !models.is_empty()).ok_or_else(|| wrong("is no list of models"))?;
    let (mut name, mut found) = (None, Vec::new());
    for model in models {
        let model = model.as_map().ok_or_else(|| wrong("has a model that is no list of fields"))?;
        name = Some(text(model, "name").ok_or_else(|| wrong("has a model without a name"))?);
        let results = model.get("results").and_then(CardValue::as_list);
        for entry in results.ok_or_else(|| wrong("has a model without results"))? {
            let entry = entry.as_map().ok_or_else(|| wrong("has a result that is no list of fields"))?;
            results_of(entry, &mut found)?;
        }
    }
    Ok((name.unwrap_or_default(), found))
}

fn results_of(entry: &CardMap, found: &mut Vec<EvalResult>) -> Result<(), CardError> {
    let missing = |what: &str| CardError::new(format!("a result of model-index has no {what}"));
    let part = |name: &str| entry.get(name).and_then(CardValue::as_map);
    let (task, data) =
        (part("task").ok_or_else(|| missing("task"))?, part("dataset").ok_or_else(|| missing("dataset"))?);
    let source = part("source");
    let metrics = entry.get("metrics").and_then(CardValue::as_list).ok_or_else(|| missing("metrics"))?;
    for metric in metrics {
        let metric = metric.as_map().ok_or_else(|| missing("metric with fields"))?;
        let verified = match metric.get("verified") {
            Some(CardValue::Bool(yes)) => Some(*yes),
            _ => None,
        };
        let result = EvalResult::new(
            text(task, "type").ok_or_else(|| missing("type of its task"))?,
            text(data, "type").ok_or_else(|| missing("type of its dataset"))?,
            text(data, "name").ok_or_else(|| missing("name of its dataset"))?,
            text(metric, "type").ok_or_else(|| missing("type of its metric"))?,
            metric.get("value").cloned().ok_or_else(|| missing("value"))?,
        );
        found.push(
            result
                .task_name(text(task, "name"))
                .dataset_config(text(data, "config"))
                .dataset_split(text(data, "split"))
                .dataset_revision(text(data, "revision"))
                .dataset_args(data.get("args").cloned())
                .metric_name(text(metric, "name"))
                .metric_config(text(metric, "config"))
                .metric_args(metric.get("args").cloned())
                .verified(verified)
                .verify_token(text(metric, "verifyToken"))
                .source_name(source.and_then(|source| text(source, "name")))
                .source_url(source.and_then(|source| text(source, "url"))),
        );
    }
    Ok(())
}

/// A text, or a number as one: revisions and configurations may look like numbers.
fn text(fields: &CardMap, name: &str) -> Option<String> {
    match fields.get(name)? {
        CardValue::Null => None,
        CardValue::Text(text) => Some(text.clone()),
        CardValue::Bool(yes) => Some(yes.to_string()),
        CardValue::Number(number) => Some(number.to_string()),
        CardValue::List(_) | CardValue::Map(_) => None,
    }
}

/// Results as a `model-index`: those of the same task and data in one entry. Python: `eval_results_to_model_index`.
///
/// # Errors
/// When a result has the name of a source without its URL.
pub fn eval_results_to_model_index(model_name: &str, results: &[EvalResult]) -> Result<CardValue, CardError> {
    let mut entries: Vec<Vec<&EvalResult>> = Vec::new();
    for result in results {
        if result.source_name.is_some() && result.source_url.is_none() {
            return Err(CardError::new("a result has the name of a source, and no URL of it"));
        }
        match entries
            .iter_mut()
            .find(|entry| entry.first().is_some_and(|first| first.has_same_subject(result)))
        {
            Some(entry) => entry.push(result),
            None => entries.push(vec![result]),
        }
    }
    let results: Vec<CardValue> =
        entries.iter().filter_map(|entry| Some(entry_of(entry.first()?, entry).into())).collect();
    let model = fields([("name", Some(model_name.into())), ("results", Some(results.into()))]);
    Ok(CardValue::List(vec![model.into()]))
}

fn entry_of(first: &EvalResult, all: &[&EvalResult]) -> CardMap {
    let some = |text: &Option<String>| text.clone().map(CardValue::Text);
    let task = fields([("type", Some(first.task_type.as_str().into())), ("name", some(&first.task_name))]);
    let data = fields([
        ("name", Some(first.dataset_name.as_str().into())),
        ("type", Some(first.dataset_type.as_str().into())),
        ("config", some(&first.dataset_config)),
        ("split", some(&first.dataset_split)),
        ("revision", some(&first.dataset_revision)),
        ("args", first.dataset_args.clone()),
    ]);
    let metrics: Vec<CardMap> = all
        .iter()
        .map(|result| {
            fields([
                ("type", Some(result.metric_type.as_str().into())),
                ("value", Some(result.metric_value.clone())),
                ("name", some(&result.metric_name)),
                ("config", some(&result.metric_config)),
                ("args", result.metric_args.clone()),
                ("verified", result.verified.map(CardValue::Bool)),
                ("verifyToken", some(&result.verify_token)),
            ])
        })
        .collect();
    let source = first.source_url.as_ref().map(|url| {
        CardValue::Map(fields([("url", Some(url.as_str().into())), ("name", some(&first.source_name))]))
    });
    fields([
        ("task", Some(task.into())),
        ("dataset", Some(data.into())),
        ("metrics", Some(metrics.into())),
        ("source", source),
    ])
}

/// The fields that there are.
fn fields<const N: usize>(all: [(&str, Option<CardValue>); N]) -> CardMap {
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::read_head;

    fn accuracy(value: f64) -> EvalResult {
        EvalResult::new("text-classification", "imdb", "IMDb", "accuracy", value)
            .dataset_split("test".to_owned())
    }

    #[test]
    fn results_of_the_same_task_and_data_stand_together_and_come_back() {
        let other = EvalResult { metric_type: "f1".to_owned(), ..accuracy(0.5) };
        let train =
            accuracy(0.99).dataset_split("train".to_owned()).source_url("https://example.org".to_owned());
        let all = [accuracy(0.9), train, other];
        let index = eval_results_to_model_index("demo", &all).unwrap();
        let yaml = CardMap::from_iter([("model-index", index)]).to_string();
        assert!(
            yaml.starts_with(
                "model-index:\n- name: demo\n  results:\n  - task:\n      type: text-classification\n"
            ),
            "{yaml}"
        );
        let read = read_head(&format!("---\n{yaml}---\n")).unwrap().unwrap();
        let (name, found) = model_index_to_eval_results(read.get("model-index").unwrap()).unwrap();
        let [first, train, f1] = all;
        assert_eq!((name.as_str(), found), ("demo", vec![first, f1, train]));
    }

    #[test]
    fn the_same_measurement_has_another_value() {
        assert!(accuracy(0.1).is_equal_except_value(&accuracy(0.2)));
        assert!(!accuracy(0.1).is_equal_except_value(&accuracy(0.1).metric_name("Top 1".to_owned())));
        let nameless = EvalResult { source_name: Some("Paper".to_owned()), ..accuracy(0.1) };
        assert!(eval_results_to_model_index("demo", &[nameless]).is_err());
    }

    #[test]
    fn what_is_no_index_is_refused_in_words() {
        for (yaml, words) in [
            ("model-index: 1", "no list of models"),
            ("model-index: []", "no list of models"),
            ("model-index: [{results: []}]", "without a name"),
            ("model-index: [{name: x}]", "without results"),
            ("model-index: [{name: x, results: [{task: {type: t}}]}]", "no dataset"),
            (
                "model-index: [{name: x, results: [{task: {type: t}, dataset: {type: d, name: n}, metrics: [{type: m}]}]}]",
                "no value",
            ),
        ] {
            let read = read_head(&format!("---\n{yaml}\n---\n")).unwrap().unwrap();
            let error =
                model_index_to_eval_results(read.get("model-index").unwrap()).unwrap_err().to_string();
            assert!(error.contains(words), "{yaml}: {error}");
        }
    }
}
