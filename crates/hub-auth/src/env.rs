//! What the environment says about tokens. The only file of this crate that reads the process environment; the rest is
//! handed a lookup function or plain values.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::error::{InvalidToken, TokenFault};
use crate::token::Token;
use crate::token_origin::TokenOrigin;

/// Variables that hold a token; the first that is not empty wins.
const TOKEN_VARIABLES: [&str; 2] = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"];

/// Where the token file is, and where versions of the Python client before 0.14 kept it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPaths {
    /// The token file.
    pub token: PathBuf,
    /// The file of old versions: read when `token` does not exist, and then copied to it.
    pub legacy: Option<PathBuf>,
}

impl TokenPaths {
    /// The paths that the Python client would use: `HF_TOKEN_PATH`, else `token` in `HF_HOME`, else in
    /// `$XDG_CACHE_HOME/huggingface`, else in `~/.cache/huggingface`; the old file is `~/.huggingface/token`.
    ///
    /// `lookup` gives the value of a variable; one that is empty counts as unset. A `~` at the start and `$NAME` or
    /// `${NAME}` anywhere are expanded. With `HUGGINGFACE_CO_STAGING` set, the file is always the one in
    /// `~/.cache/huggingface_staging`, so that tokens of the test Hub and the real one never mix.
    ///
    /// `None` if there is neither a variable nor a home folder to tell.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let env = Environment { lookup: &lookup };
        let home = env.value("HOME").map(PathBuf::from);
        let staging = env.is_true("HUGGINGFACE_CO_STAGING");
        let token = if staging {
            home.as_deref()?.join(".cache/huggingface_staging/token")
        } else if let Some(path) = env.path("HF_TOKEN_PATH") {
            path
        } else if let Some(hf_home) = env.path("HF_HOME") {
            hf_home.join("token")
        } else if let Some(cache) = env.path("XDG_CACHE_HOME") {
            cache.join("huggingface/token")
        } else {
            home.as_deref()?.join(".cache/huggingface/token")
        };
        let legacy = home.filter(|_| !staging).map(|home| home.join(".huggingface/token"));
        Some(Self { token, legacy })
    }
}

/// The folder in which the Python client keeps downloads: `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `hub` in
/// `HF_HOME`, else in `$XDG_CACHE_HOME/huggingface`, else in `~/.cache/huggingface`.
///
/// `lookup` and the expansion of paths are those of [`TokenPaths::from_lookup`]. `None` if there is neither a variable nor
/// a home folder to tell.
pub fn cache_dir_from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let env = Environment { lookup: &lookup };
    let named = env.path("HF_HUB_CACHE").or_else(|| env.path("HUGGINGFACE_HUB_CACHE"));
    named.or_else(|| env.in_home("hub"))
}

/// [`cache_dir_from_lookup`] with the environment of the process.
pub fn cache_dir_from_env() -> Option<PathBuf> {
    cache_dir_from_lookup(process_variable)
}

/// The folder in which clients keep what they know of the chunks of files: `HF_XET_CACHE`, else `xet` in `HF_HOME`, else in
/// `$XDG_CACHE_HOME/huggingface`, else in `~/.cache/huggingface`.
///
/// `lookup` and the expansion of paths are those of [`TokenPaths::from_lookup`]. `None` if there is neither a variable nor
/// a home folder to tell.
pub fn xet_cache_from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let env = Environment { lookup: &lookup };
    env.path("HF_XET_CACHE").or_else(|| env.in_home("xet"))
}

/// [`xet_cache_from_lookup`] with the environment of the process.
pub fn xet_cache_from_env() -> Option<PathBuf> {
    xet_cache_from_lookup(process_variable)
}

/// The folder in which libraries keep what they make of downloads: `HF_ASSETS_CACHE`, else `HUGGINGFACE_ASSETS_CACHE`, else `assets` in
/// `HF_HOME`, else in `$XDG_CACHE_HOME/huggingface`, else in `~/.cache/huggingface`.
///
/// `lookup` and the expansion of paths are those of [`TokenPaths::from_lookup`]. `None` if there is neither a variable nor
/// a home folder to tell.
pub fn assets_cache_from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let env = Environment { lookup: &lookup };
    let named = env.path("HF_ASSETS_CACHE").or_else(|| env.path("HUGGINGFACE_ASSETS_CACHE"));
    named.or_else(|| env.in_home("assets"))
}

/// [`assets_cache_from_lookup`] with the environment of the process.
pub fn assets_cache_from_env() -> Option<PathBuf> {
    assets_cache_from_lookup(process_variable)
}

/// A variable of the process. `HOME` is also right where the home folder is not in that variable: on Windows, or from the
/// user database.
fn process_variable(name: &str) -> Option<OsString> {
    match name {
        "HOME" => std::env::home_dir().map(PathBuf::into_os_string),
        _ => std::env::var_os(name),
    }
}

/// All that the environment says about tokens, read once.
#[derive(Debug, Clone)]
pub(crate) struct TokenEnv {
    pub(crate) token: Result<Option<Token>, InvalidToken>,
    pub(crate) paths: Option<TokenPaths>,
    pub(crate) implicit: bool,
}

impl TokenEnv {
    pub(crate) fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let env = Environment { lookup: &lookup };
        Self {
            token: token(&env),
            implicit: !env.is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN"),
            paths: TokenPaths::from_lookup(&lookup),
        }
    }

    pub(crate) fn from_process() -> Self {
        Self::from_lookup(process_variable)
    }
}

fn token(env: &Environment<'_>) -> Result<Option<Token>, InvalidToken> {
    for name in TOKEN_VARIABLES {
        let Some(value) = env.value(name) else { continue };
        let origin = TokenOrigin::Env(name.to_owned());
        let Some(text) = value.to_str() else {
            return Err(InvalidToken::new(origin, TokenFault::NotUtf8));
        };
        if let Some(token) = Token::parse(text, origin)? {
            return Ok(Some(token));
        }
    }
    Ok(None)
}

struct Environment<'a> {
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Environment<'_> {
    fn value(&self, name: &str) -> Option<OsString> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// Python's reading of a switch: anything but these four words is false.
    fn is_true(&self, name: &str) -> bool {
        let value = self.value(name).and_then(|value| value.into_string().ok()).unwrap_or_default();
        matches!(value.to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE")
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.value(name)?;
        Some(match value.to_str() {
            Some(text) => self.expand(text),
            None => value.into(),
        })
    }

    /// A folder in that of all clients of the Hub.
    fn in_home(&self, name: &str) -> Option<PathBuf> {
        let home = self.path("HF_HOME");
        let home = home.or_else(|| Some(self.path("XDG_CACHE_HOME")?.join("huggingface")));
        let home = home.or_else(|| Some(Path::new(&self.value("HOME")?).join(".cache/huggingface")));
        home.map(|home| home.join(name))
    }

    /// `os.path.expandvars(os.path.expanduser(text))`, except that `~name` stays as it is.
    fn expand(&self, text: &str) -> PathBuf {
        if let Some(rest) = text.strip_prefix('~')
            && (rest.is_empty() || rest.starts_with(std::path::is_separator))
            && let Some(home) = self.value("HOME")
        {
            let rest = self.expand_variables(rest.trim_start_matches(std::path::is_separator));
            return if rest.is_empty() { home.into() } else { Path::new(&home).join(rest) };
        }
        self.expand_variables(text).into()
    }

    fn expand_variables(&self, text: &str) -> OsString {
        let mut expanded = OsString::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push(before);
            let (name, len) = variable_name(after);
            // Set but empty expands to nothing and unset stays as written, as in Python.
            match (self.lookup)(name).filter(|_| !name.is_empty()) {
                Some(value) => expanded.push(value),
                None => push_reference(&mut expanded, after, len),
            }
            rest = after.get(len..).unwrap_or_default();
        }
        expanded.push(rest);
        expanded
    }
}

/// The variable named at the start of `after`, the text behind a `$`, and how many bytes the reference takes there.
fn variable_name(after: &str) -> (&str, usize) {
    if let Some(braced) = after.strip_prefix('{')
        && let Some((name, _)) = braced.split_once('}')
    {
        return (name, name.len() + 2);
    }
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
    (after.get(..end).unwrap_or_default(), end)
}

fn push_reference(expanded: &mut OsString, after: &str, len: usize) {
    expanded.push(OsStr::new("$"));
    expanded.push(after.get(..len).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_python_keeps_it() {
        for (variables, expected) in [
            (&[("HOME", "/h")][..], Some("/h/.cache/huggingface/hub")),
            (&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")], Some("/x/huggingface/hub")),
            (&[("HOME", "/h"), ("HF_HOME", "~/f"), ("XDG_CACHE_HOME", "/x")], Some("/h/f/hub")),
            (&[("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HOME", "/f")], Some("/old")),
            (&[("HF_HUB_CACHE", "$A/c"), ("A", "/a"), ("HUGGINGFACE_HUB_CACHE", "/old")], Some("/a/c")),
            (&[("HF_HUB_CACHE", "")], None),
        ] {
            let found = cache_dir_from_lookup(|name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
            });
            assert_eq!(found.as_deref(), expected.map(Path::new), "{variables:?}");
        }
    }

    #[test]
    fn what_is_known_of_chunks_lies_beside_the_downloads() {
        for (variables, expected) in [
            (&[("HOME", "/h")][..], Some("/h/.cache/huggingface/xet")),
            (&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")], Some("/x/huggingface/xet")),
            (&[("HF_HOME", "/f"), ("XDG_CACHE_HOME", "/x"), ("HF_HUB_CACHE", "/c")], Some("/f/xet")),
            (&[("HF_XET_CACHE", "/own"), ("HF_HOME", "/f")], Some("/own")),
            (&[("HF_XET_CACHE", "")], None),
        ] {
            let found = xet_cache_from_lookup(|name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
            });
            assert_eq!(found.as_deref(), expected.map(Path::new), "{variables:?}");
        }
    }

    #[test]
    fn assets_lie_beside_the_downloads_too() {
        for (variables, expected) in [
            (&[("HOME", "/h")][..], Some("/h/.cache/huggingface/assets")),
            (&[("HF_HOME", "/f"), ("HUGGINGFACE_ASSETS_CACHE", "/old")], Some("/old")),
            (
                &[("HF_ASSETS_CACHE", "~/a"), ("HUGGINGFACE_ASSETS_CACHE", "/old"), ("HOME", "/h")],
                Some("/h/a"),
            ),
            (&[], None),
        ] {
            let found = assets_cache_from_lookup(|name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
            });
            assert_eq!(found.as_deref(), expected.map(Path::new), "{variables:?}");
        }
    }

    #[test]
    fn references_are_expanded_as_python_does() {
        let lookup = |name: &str| match name {
            "HOME" => Some("/home/ada".into()),
            "A" => Some("one".into()),
            "A_2" => Some("two".into()),
            "EMPTY" => Some("".into()),
            _ => None,
        };
        let env = Environment { lookup: &lookup };
        for (text, expected) in [
            ("/plain", "/plain"),
            ("~", "/home/ada"),
            ("~/x/$A", "/home/ada/x/one"),
            ("~//x", "/home/ada/x"),
            ("~grace/x", "~grace/x"),
            ("/a/~/b", "/a/~/b"),
            ("$A/$A_2", "one/two"),
            ("${A}_2/$A-2", "one_2/one-2"),
            ("/x/$EMPTY/y", "/x//y"),
            ("$NONE/${NONE}", "$NONE/${NONE}"),
            ("$", "$"),
            ("a$/b${/c", "a$/b${/c"),
            ("${}", "${}"),
            ("$é", "$é"),
        ] {
            assert_eq!(env.expand(text).as_os_str(), OsStr::new(expected), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn text_without_references_is_left_alone(text in "[^$~][^$]*") {
            let env = Environment { lookup: &|_| Some("never".into()) };
            proptest::prop_assert_eq!(env.expand(&text).into_os_string(), OsString::from(text));
        }

        #[test]
        fn any_text_expands_to_itself_when_nothing_is_set(text in ".*") {
            let env = Environment { lookup: &|_| None };
            proptest::prop_assert_eq!(env.expand(&text).into_os_string(), OsString::from(text));
        }
    }

    #[test]
    fn switches_have_four_true_words() {
        for (value, expected) in [
            ("1", true),
            ("on", true),
            ("Yes", true),
            ("TRUE", true),
            ("0", false),
            ("", false),
            ("y", false),
            ("2", false),
        ] {
            let env = Environment { lookup: &|_| Some(value.into()) };
            assert_eq!(env.is_true("X"), expected, "{value}");
        }
    }
}
