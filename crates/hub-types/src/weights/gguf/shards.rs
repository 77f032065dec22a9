//! Names of the files of a model that is divided.

/// A file of several: `llama-00002-of-00003.gguf`.
///
/// ```
/// use hub_types::weights::gguf::GgufShard;
///
/// let shard = GgufShard::parse("q4/llama-00002-of-00003.gguf").unwrap();
/// assert_eq!((shard.prefix, shard.number, shard.count), ("q4/llama", 2, 3));
/// assert_eq!(shard.all().next().unwrap(), "q4/llama-00001-of-00003.gguf");
/// assert_eq!(GgufShard::parse("llama.gguf"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct GgufShard<'a> {
    /// What comes before the numbers, with the folder.
    pub prefix: &'a str,
    /// Which one it is, counted from 1.
    pub number: u32,
    /// How many there are.
    pub count: u32,
}

impl<'a> GgufShard<'a> {
    /// Reads a file name or path; `None` if it is not that of a shard.
    pub fn parse(path: &'a str) -> Option<Self> {
        let number = |text: &str| -> Option<u32> {
            (text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
        };
        let stem = path.strip_suffix(".gguf")?;
        let (rest, count) = stem.rsplit_once("-of-")?;
        let (prefix, first) = rest.rsplit_once('-')?;
        let (number, count) = (number(first)?, number(count)?);
        (number >= 1 && number <= count && !prefix.is_empty()).then_some(Self { prefix, number, count })
    }

    /// The paths of all shards, in order.
    pub fn all(self) -> impl Iterator<Item = String> {
        let (prefix, count) = (self.prefix.to_owned(), self.count);
        (1..=count).map(move |number| format!("{prefix}-{number:05}-of-{count:05}.gguf"))
    }
}
