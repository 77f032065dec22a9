//! What `hub cache list` shows, and in which order: `--filter size>1GB`, `--sort accessed:asc`.

use std::time::{Duration, SystemTime};

/// What is known of one line of the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct CacheLine {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) size: u64,
    pub(crate) accessed: Option<SystemTime>,
    pub(crate) modified: Option<SystemTime>,
    pub(crate) refs: Vec<String>,
}

/// One condition of `--filter`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    test: Test,
    relation: Relation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Size(u64),
    /// Older than this, counted back from now.
    Accessed(Duration),
    Modified(Duration),
    Kind(String),
    Ref(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const RELATIONS: [(&str, Relation); 6] = [
    ("!=", Relation::NotEqual),
    ("<=", Relation::LessOrEqual),
    (">=", Relation::GreaterOrEqual),
    ("=", Relation::Equal),
    ("<", Relation::Less),
    (">", Relation::Greater),
];

impl Relation {
    fn holds<T: PartialOrd>(self, found: &T, given: &T) -> bool {
        match self {
            Self::Equal => found == given,
            Self::NotEqual => found != given,
            Self::Less => found < given,
            Self::LessOrEqual => found <= given,
            Self::Greater => found > given,
            Self::GreaterOrEqual => found >= given,
        }
    }
}

impl Condition {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let at = text
            .find(['!', '<', '>', '='])
            .ok_or("a condition is NAME, then =, !=, <, <=, > or >=, then a value")?;
        let (name, rest) = text.split_at(at);
        let (relation, value) = RELATIONS
            .into_iter()
            .find_map(|(sign, relation)| Some((relation, rest.strip_prefix(sign)?.trim())))
            .ok_or_else(|| format!("{rest:?} does not begin with =, !=, <, <=, > or >="))?;
        let test = match name.trim() {
            "size" => Test::Size(super::parse_rate(value)?),
            "accessed" => Test::Accessed(age(value)?),
            "modified" => Test::Modified(age(value)?),
            "type" => Test::Kind(value.trim_end_matches('s').to_owned()),
            "refs" => Test::Ref(value.to_owned()),
            other => return Err(format!("there is no {other:?}: size, accessed, modified, type or refs")),
        };
        let ordered = !matches!(relation, Relation::Equal | Relation::NotEqual);
        match test {
            Test::Kind(_) | Test::Ref(_) if ordered => Err(format!("{name} is compared with = and != only")),
            test => Ok(Self { test, relation }),
        }
    }

    /// Whether it holds for a line. `accessed>7d` holds for what was last looked at more than seven days ago.
    pub(crate) fn holds(&self, line: &CacheLine, now: SystemTime) -> bool {
        let older = |time: Option<SystemTime>, age: &Duration| {
            time.and_then(|time| now.duration_since(time).ok())
                .is_some_and(|found| self.relation.holds(&found, age))
        };
        match &self.test {
            Test::Size(size) => self.relation.holds(&line.size, size),
            Test::Accessed(age) => older(line.accessed, age),
            Test::Modified(age) => older(line.modified, age),
            Test::Kind(kind) => self.relation.holds(&line.kind, kind),
            Test::Ref(name) => line.refs.contains(name) == (self.relation == Relation::Equal),
        }
    }
}

/// A length of time: a number and s, m, h, d, w, mo or y.
fn age(text: &str) -> Result<Duration, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: u64 =
        number.parse().map_err(|_| format!("{text:?} is no time, such as 12h, 7d, 3mo or 1y"))?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        "mo" => 30 * 86_400,
        "y" => 365 * 86_400,
        _ => return Err(format!("{unit:?} is no unit of time: s, m, h, d, w, mo or y")),
    };
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

/// The order of `--sort`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    by: By,
    descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Name,
    Size,
    Accessed,
    Modified,
}

impl Order {
    /// Names begin with A unless it is said, everything else with the most.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (name, direction) = text.split_once(':').map_or((text, None), |(name, way)| (name, Some(way)));
        let by = match name {
            "name" => By::Name,
            "size" => By::Size,
            "accessed" => By::Accessed,
            "modified" => By::Modified,
            _ => return Err(format!("there is no order {name:?}: name, size, accessed or modified")),
        };
        let descending = match direction {
            None => by != By::Name,
            Some("asc") => false,
            Some("desc") => true,
            Some(other) => return Err(format!("{other:?} is neither asc nor desc")),
        };
        Ok(Self { by, descending })
    }

    pub(crate) fn compare(self, a: &CacheLine, b: &CacheLine) -> std::cmp::Ordering {
        let order = match self.by {
            By::Name => a.name.cmp(&b.name),
            By::Size => a.size.cmp(&b.size),
            By::Accessed => a.accessed.cmp(&b.accessed),
            By::Modified => a.modified.cmp(&b.modified),
        };
        if self.descending { order.reverse() } else { order }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> CacheLine {
        CacheLine {
            name: "model/ada/demo".into(),
            kind: "model".into(),
            size: 2_000_000_000,
            accessed: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400)),
            modified: None,
            refs: vec!["main".into()],
        }
    }

    #[test]
    fn conditions_mean_what_they_say() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10 * 86_400);
        for (text, expected) in [
            ("size>1GB", true),
            ("size>=2GB", true),
            ("size<2GB", false),
            ("size != 3GB", true),
            ("accessed>7d", true),
            ("accessed>2w", false),
            ("accessed<=216h", true),
            // Of what is not known nothing holds.
            ("modified>1s", false),
            ("type=model", true),
            ("type=models", true),
            ("type!=dataset", true),
            ("refs=main", true),
            ("refs!=main", false),
        ] {
            let condition = Condition::parse(text).unwrap();
            assert_eq!(condition.holds(&line(), now), expected, "{text}");
        }
        for wrong in ["size", "size~1", "weight>1", "size>much", "accessed>7", "accessed>7x", "type>model"] {
            assert!(Condition::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_order_is_the_most_first_except_for_names() {
        let (small, large) =
            (CacheLine { name: "b".into(), size: 1, ..line() }, CacheLine { name: "a".into(), ..line() });
        for (text, expected) in [("size", "a"), ("size:asc", "b"), ("name", "a"), ("name:desc", "b")] {
            let order = Order::parse(text).unwrap();
            let mut lines = [small.clone(), large.clone()];
            lines.sort_by(|a, b| order.compare(a, b));
            assert_eq!(lines[0].name, expected, "{text}");
        }
        assert!(Order::parse("weight").is_err() && Order::parse("size:up").is_err());
    }
}
