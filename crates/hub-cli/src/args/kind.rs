//! Arguments of what models, datasets and Spaces have in common.

use clap::{
    Args, Subcommand,
    builder::{PossibleValue, PossibleValuesParser},
};

/// What repositories can be ordered by; also as the Hub spells it.
fn orders() -> PossibleValuesParser {
    PossibleValuesParser::new([
        PossibleValue::new("created_at").alias("createdAt"),
        PossibleValue::new("downloads"),
        PossibleValue::new("last_modified").alias("lastModified"),
        PossibleValue::new("likes"),
        PossibleValue::new("trending_score").alias("trendingScore"),
    ])
}

/// `min:1B,max:8B`, or one of both, as the Hub takes it.
fn range(text: &str) -> Result<String, String> {
    let is_number = |text: &str| {
        let digits = text.trim_end_matches(['K', 'M', 'B', 'T', 'k', 'm', 'b', 't']);
        text.len() - digits.len() <= 1 && digits.parse::<f64>().is_ok_and(|number| number >= 0.0)
    };
    let is_bound = |part: &str| {
        part.split_once(':').is_some_and(|(end, number)| matches!(end, "min" | "max") && is_number(number))
    };
    if text.split(',').all(is_bound) {
        Ok(text.to_owned())
    } else {
        Err("write for example min:1B,max:8B, min:500M or max:3B".to_owned())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Kind {
    /// What the Hub knows of a repository
    Info(Info),
    /// The description of a repository: its README.md
    Card(Card),
    /// The repositories that fit, or the files of one repository
    #[command(alias = "ls", disable_help_flag = true)]
    List(Box<List>),
}

#[derive(Debug, Args)]
pub(crate) struct Info {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// A branch, a tag, a commit or refs/pr/N [default: main]
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    /// The only fields to return, separated by commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) expand: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Card {
    /// NAMESPACE/NAME
    pub(crate) repo_id: String,
    /// Only the fields at its head
    #[arg(long, conflicts_with = "text")]
    pub(crate) metadata: bool,
    /// Only the text below them
    #[arg(long)]
    pub(crate) text: bool,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// NAMESPACE/NAME; its files are listed [default: repositories are listed]
    pub(crate) repo_id: Option<String>,
    /// Also list what is in the folders
    #[arg(long, short = 'R', requires = "repo_id")]
    pub(crate) recursive: bool,
    /// Draw the files as a tree
    #[arg(long, requires = "repo_id")]
    pub(crate) tree: bool,
    /// Write sizes as 1.5 MB
    #[arg(long, short = 'h', requires = "repo_id")]
    pub(crate) human_readable: bool,
    /// A branch, a tag, a commit or refs/pr/N [default: main]
    #[arg(long, value_name = "REVISION", requires = "repo_id")]
    pub(crate) revision: Option<String>,
    /// The most entries [default: all files, or 30 repositories]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) search: Search,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
    /// The folder that the address names.
    #[arg(skip)]
    pub(crate) path: Option<String>,
}

/// What repositories are listed.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Only those whose id contains this
    #[arg(long, value_name = "TEXT", conflicts_with = "repo_id")]
    pub(crate) search: Option<String>,
    /// Only those of this user or organisation
    #[arg(long, value_name = "NAME", conflicts_with = "repo_id")]
    pub(crate) author: Option<String>,
    /// Only those with this tag; may be repeated
    #[arg(long, value_name = "TAG", conflicts_with = "repo_id")]
    pub(crate) filter: Vec<String>,
    /// The order
    #[arg(long, value_name = "NAME", conflicts_with = "repo_id", value_parser = orders())]
    pub(crate) sort: Option<String>,
    /// The only fields to return, separated by commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', conflicts_with = "repo_id")]
    pub(crate) expand: Vec<String>,
    /// Models only: those for this task
    #[arg(long, value_name = "TASK", conflicts_with = "repo_id")]
    pub(crate) pipeline_tag: Option<String>,
    /// Models only: those to which access must be asked for
    #[arg(long, conflicts_with = "repo_id", overrides_with = "no_gated")]
    pub(crate) gated: bool,
    /// Models only: those that are open
    #[arg(long, conflicts_with = "repo_id", overrides_with = "gated")]
    pub(crate) no_gated: bool,
    /// Models only: those that run in this application; may be repeated
    #[arg(long, value_name = "NAME", conflicts_with = "repo_id")]
    pub(crate) apps: Vec<String>,
    /// Models only: those of this size, as in min:1B,max:8B
    #[arg(long, value_name = "RANGE", conflicts_with = "repo_id", value_parser = range)]
    pub(crate) num_parameters: Option<String>,
    /// Models only: those that this provider serves, or all; may be repeated
    #[arg(long, value_name = "NAME", conflicts_with = "repo_id")]
    pub(crate) inference_provider: Vec<String>,
    /// Models only: those that are ready for inference
    #[arg(long, conflicts_with = "repo_id")]
    pub(crate) warm: bool,
}
