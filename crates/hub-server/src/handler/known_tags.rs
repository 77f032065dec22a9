//! Tags that the public Hub lists whatever its repositories say: a selection, for clients that build menus and filters from them.

use hub_types::{RepoType, TagInfo, TagsByType};

/// The group, what stands before each id, and ids with their labels; a label that is left out is the id.
type Group = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const MODELS: &[Group] = &[
    ("pipeline_tag", "", TASKS),
    (
        "library",
        "",
        &[
            ("adapter-transformers", "Adapters"),
            ("diffusers", "Diffusers"),
            ("gguf", "GGUF"),
            ("jax", "JAX"),
            ("keras", "Keras"),
            ("onnx", "ONNX"),
            ("peft", "PEFT"),
            ("pytorch", "PyTorch"),
            ("safetensors", "Safetensors"),
            ("sentence-transformers", "sentence-transformers"),
            ("spacy", "spaCy"),
            ("tf", "TensorFlow"),
            ("timm", "timm"),
            ("transformers", "Transformers"),
        ],
    ),
    ("language", "", LANGUAGES),
    ("license", "license:", LICENSES),
    ("region", "region:", &[("us", "🇺🇸 Region: US"), ("eu", "🇪🇺 Region: EU")]),
];

const DATASETS: &[Group] = &[
    ("task_categories", "task_categories:", TASKS),
    (
        "size_categories",
        "size_categories:",
        &[
            ("n<1K", "n<1K"),
            ("1K<n<10K", "1K<n<10K"),
            ("10K<n<100K", "10K<n<100K"),
            ("100K<n<1M", "100K<n<1M"),
            ("1M<n<10M", "1M<n<10M"),
            ("10M<n<100M", "10M<n<100M"),
            ("100M<n<1B", "100M<n<1B"),
        ],
    ),
    (
        "modality",
        "modality:",
        &[
            ("audio", "Audio"),
            ("image", "Image"),
            ("tabular", "Tabular"),
            ("text", "Text"),
            ("video", "Video"),
        ],
    ),
    (
        "format",
        "format:",
        &[
            ("csv", "csv"),
            ("imagefolder", "imagefolder"),
            ("json", "json"),
            ("parquet", "parquet"),
            ("text", "text"),
        ],
    ),
    ("language", "language:", LANGUAGES),
    ("license", "license:", LICENSES),
];

const TASKS: &[(&str, &str)] = &[
    ("audio-classification", "Audio Classification"),
    ("automatic-speech-recognition", "Automatic Speech Recognition"),
    ("feature-extraction", "Feature Extraction"),
    ("fill-mask", "Fill-Mask"),
    ("image-classification", "Image Classification"),
    ("image-segmentation", "Image Segmentation"),
    ("image-text-to-text", "Image-Text-to-Text"),
    ("object-detection", "Object Detection"),
    ("question-answering", "Question Answering"),
    ("reinforcement-learning", "Reinforcement Learning"),
    ("sentence-similarity", "Sentence Similarity"),
    ("summarization", "Summarization"),
    ("tabular-classification", "Tabular Classification"),
    ("text-classification", "Text Classification"),
    ("text-generation", "Text Generation"),
    ("text-to-image", "Text-to-Image"),
    ("text-to-speech", "Text-to-Speech"),
    ("token-classification", "Token Classification"),
    ("translation", "Translation"),
    ("zero-shot-classification", "Zero-Shot Classification"),
];

const LANGUAGES: &[(&str, &str)] = &[
    ("ar", "Arabic"),
    ("de", "German"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("hi", "Hindi"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("multilingual", "multilingual"),
    ("nl", "Dutch"),
    ("pt", "Portuguese"),
    ("ru", "Russian"),
    ("zh", "Chinese"),
];

const LICENSES: &[(&str, &str)] = &[
    ("afl-3.0", "afl-3.0"),
    ("apache-2.0", "apache-2.0"),
    ("bsd-3-clause", "bsd-3-clause"),
    ("cc-by-4.0", "cc-by-4.0"),
    ("cc-by-nc-4.0", "cc-by-nc-4.0"),
    ("cc-by-sa-4.0", "cc-by-sa-4.0"),
    ("cc0-1.0", "cc0-1.0"),
    ("gpl-3.0", "gpl-3.0"),
    ("llama3", "llama3"),
    ("mit", "mit"),
    ("openrail", "openrail"),
    ("other", "other"),
];

/// The tags that are known of a kind, and after them those of the repositories that are not among them.
pub(super) fn with_known(repo_type: RepoType, found: TagsByType) -> TagsByType {
    let groups = match repo_type {
        RepoType::Model => MODELS,
        RepoType::Dataset => DATASETS,
        _ => return found,
    };
    let mut all = found;
    for (group, before, tags) in groups {
        let mut known: Vec<TagInfo> = tags
            .iter()
            .map(|(id, label)| {
                let mut info = TagInfo::new(format!("{before}{id}"));
                info.label = Some((*label).to_owned());
                info.kind = Some((*group).to_owned());
                info
            })
            .collect();
        let entry = all.0.entry((*group).to_owned()).or_default();
        entry.retain(|tag| known.iter().all(|other| other.id != tag.id));
        known.append(entry);
        *entry = known;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_repositories_come_after_the_known_ones_and_none_comes_twice() {
        let mut found = TagsByType::default();
        let tags = ["license:mit", "license:my-own"].map(TagInfo::new);
        found.0.insert("license".to_owned(), tags.to_vec());
        found.0.insert("mine".to_owned(), vec![TagInfo::new("mine:1")]);
        let all = with_known(RepoType::Model, found);
        let ids: Vec<&str> = all.0["license"].iter().map(|tag| tag.id.as_str()).collect();
        assert_eq!(ids.iter().filter(|id| **id == "license:mit").count(), 1);
        assert_eq!(ids.last(), Some(&"license:my-own"));
        assert_eq!(all.0["mine"].len(), 1);
        assert!(all.0["pipeline_tag"].iter().any(|tag| tag.id == "text-generation"));
    }
}
