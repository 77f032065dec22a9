//! Several tokens under names: the file `stored_tokens` beside the token file, which the official command line keeps too.
//!
//! It is an INI file with one section for each name. The text of sections that are not changed is kept as it is.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{AuthError, InvalidToken, TokenFault};
use crate::private_file;
use crate::store::HfFolder;
use crate::token::Token;
use crate::token_origin::TokenOrigin;

/// The longest accepted file: some tens of the longest tokens.
const READ_LIMIT: u64 = 1024 * 1024;

/// Section of an INI file that gives defaults to all others. Python refuses it as a name.
const DEFAULTS: &str = "DEFAULT";

/// A token that is kept under a name.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoredToken {
    /// Its name: that which it has on the Hub, unless it was given another one.
    pub name: String,
    /// The token; `None` if the section has none, or something that is not a token.
    pub token: Option<Token>,
    /// When it expires, in seconds since 1970; tokens of a login in a browser have this.
    pub expires_at: Option<u64>,
    /// Whether it is the one in the token file.
    pub active: bool,
}

/// Named tokens. All of these lock the file `stored_tokens.lock` while they change something, as the official command line
/// does, and replace the file whole, with mode 600.
impl HfFolder {
    /// The file of named tokens, `stored_tokens` beside the token file; `None` if there is no home folder.
    #[must_use]
    pub fn stored_tokens_path(&self) -> Option<PathBuf> {
        Some(self.token_path()?.with_file_name("stored_tokens"))
    }

    /// All named tokens in the order of the file. Python: `get_stored_tokens`.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoHome`], [`AuthError::File`], and [`AuthError::StoredTokens`] if the file is not what it should be.
    pub fn list_tokens(&self) -> Result<Vec<StoredToken>, AuthError> {
        let path = self.stored_path()?;
        let text = read(&path)?;
        // A token file that does not hold a token makes none of them active.
        let active = self.file_token().ok().flatten();
        let tokens = parse(&path, &text)?.into_iter().filter(|section| section.name != DEFAULTS);
        Ok(tokens.map(|section| section.stored(&path, active.as_ref())).collect())
    }

    /// The token that is kept under this name.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoSuchName`], [`AuthError::Invalid`] if the section holds no token, and those of
    /// [`HfFolder::list_tokens`].
    pub fn named_token(&self, name: &str) -> Result<Token, AuthError> {
        let path = self.stored_path()?;
        let text = read(&path)?;
        let sections = parse(&path, &text)?;
        let section = sections.iter().find(|section| section.name == name && name != DEFAULTS);
        let section = section.ok_or_else(|| AuthError::NoSuchName { name: name.to_owned() })?;
        match section.token(&path)? {
            Some(token) => Ok(token),
            None => Err(InvalidToken::new(section.origin(&path), TokenFault::Empty).into()),
        }
    }

    /// Keeps a token under a name, replacing the one that has it. The token in use stays the same: see
    /// [`HfFolder::switch_token`].
    ///
    /// # Errors
    ///
    /// [`AuthError::BadName`] for a name that cannot be that of a section, and those of [`HfFolder::list_tokens`].
    pub fn add_token(&self, name: &str, token: &Token) -> Result<(), AuthError> {
        if name.is_empty() || name == DEFAULTS || name.chars().any(char::is_control) {
            return Err(AuthError::BadName { name: name.to_owned() });
        }
        self.change(|path, sections| {
            let there = sections.iter().find(|section| section.name == name);
            if let Some(section) = there
                && section.token(path).ok().flatten().is_some_and(|old| old.reveal() == token.reveal())
            {
                // What else stands there belongs to this token: how it is renewed.
                return Ok(());
            }
            sections.retain(|section| section.name != name);
            let text = Zeroizing::new(format!("[{name}]\nhf_token = {}\n\n", token.reveal()));
            sections.push(Section { name: name.to_owned(), text });
            Ok(())
        })
    }

    /// Makes the token of this name the one in use: copies it to the token file. Python: `auth_switch`.
    ///
    /// # Errors
    ///
    /// Those of [`HfFolder::named_token`] and [`HfFolder::save_token`].
    pub fn switch_token(&self, name: &str) -> Result<Token, AuthError> {
        let token = self.named_token(name)?;
        self.save_token(&token)?;
        Ok(token)
    }

    /// Forgets the token of this name. If it is the one in the token file, that file is removed as well; says whether it
    /// was. Python: `logout(token_name)`.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoSuchName`], and those of [`HfFolder::list_tokens`].
    pub fn remove_token(&self, name: &str) -> Result<bool, AuthError> {
        let mut was_active = false;
        self.change(|path, sections| {
            let there = sections.iter().find(|section| section.name == name && name != DEFAULTS);
            let section = there.ok_or_else(|| AuthError::NoSuchName { name: name.to_owned() })?;
            let removed = section.token(path).ok().flatten();
            let active = self.file_token().ok().flatten();
            was_active = match (&removed, &active) {
                (Some(removed), Some(active)) => removed.reveal() == active.reveal(),
                _ => false,
            };
            // Before its name goes: if this is interrupted, the name is there to try again.
            if was_active {
                self.delete_token()?;
            }
            sections.retain(|section| section.name != name);
            Ok(())
        })?;
        Ok(was_active)
    }

    /// Removes the token file, that of old versions and that of named tokens. Python: `logout()`.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoHome`] and [`AuthError::File`]; all files are tried before an error is returned.
    pub fn delete_all_tokens(&self) -> Result<(), AuthError> {
        let named = private_file::remove(&self.stored_path()?);
        self.delete_token().and(named)
    }

    fn stored_path(&self) -> Result<PathBuf, AuthError> {
        self.stored_tokens_path().ok_or(AuthError::NoHome)
    }

    /// Reads, changes and writes the sections while nobody else does.
    fn change(
        &self,
        work: impl FnOnce(&Path, &mut Vec<Section>) -> Result<(), AuthError>,
    ) -> Result<(), AuthError> {
        let path = self.stored_path()?;
        let _lock = private_file::lock(&path.with_file_name("stored_tokens.lock"))?;
        let text = read(&path)?;
        let mut sections = parse(&path, &text)?;
        work(&path, &mut sections)?;
        sections.sort_by(|a, b| a.name.cmp(&b.name));
        let length = sections.iter().map(|section| section.text.len() + 1).sum();
        // Reserved whole, so that growing never leaves an unwiped copy behind.
        let mut content = Zeroizing::new(String::with_capacity(length));
        for section in &sections {
            content.push_str(&section.text);
            if !section.text.ends_with('\n') {
                content.push('\n');
            }
        }
        private_file::replace(&path, &content)
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, AuthError> {
    let whole_file = || AuthError::StoredTokens { path: path.to_owned(), line: 1 };
    let Some(mut content) = private_file::read_up_to(path, READ_LIMIT)? else {
        return Ok(Zeroizing::default());
    };
    if content.len() as u64 >= READ_LIMIT {
        return Err(whole_file());
    }
    match String::from_utf8(std::mem::take(&mut *content)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(whole_file())
        }
    }
}

/// One section: its name and its lines, header included. What stands before the first header has an empty name.
struct Section {
    name: String,
    text: Zeroizing<String>,
}

impl Section {
    fn origin(&self, path: &Path) -> TokenOrigin {
        TokenOrigin::Other(format!("the name {:?} in {}", self.name, path.display()))
    }

    fn value(&self, key: &str) -> Option<&str> {
        let pairs = self.text.lines().filter_map(option);
        pairs.filter(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value).next_back()
    }

    fn token(&self, path: &Path) -> Result<Option<Token>, InvalidToken> {
        match self.value("hf_token") {
            Some(text) => Token::parse(text, self.origin(path)),
            None => Ok(None),
        }
    }

    fn stored(&self, path: &Path, active: Option<&Token>) -> StoredToken {
        let token = self.token(path).ok().flatten();
        StoredToken {
            name: self.name.clone(),
            expires_at: self.value("expires_at").and_then(|value| value.parse().ok()),
            active: token.as_ref().is_some_and(|token| active.is_some_and(|a| a.reveal() == token.reveal())),
            token,
        }
    }
}

/// `key = value` or `key: value`, as the `configparser` module of Python reads it.
fn option(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if is_remark(line) || line.starts_with('[') {
        return None;
    }
    let (name, value) = line.split_once(['=', ':'])?;
    Some((name.trim(), value.trim()))
}

fn is_remark(line: &str) -> bool {
    line.is_empty() || line.starts_with(['#', ';'])
}

/// `[name]`: as in `configparser`, the name may hold brackets, and what follows the last one is ignored.
fn header(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix('[')?;
    let name = inner.get(..inner.rfind(']')?)?;
    (!name.is_empty()).then_some(name)
}

/// The sections of a file; an error for what Python would refuse: lines before the first header that are not remarks,
/// lines without a key, and two sections of one name.
fn parse(path: &Path, text: &str) -> Result<Vec<Section>, AuthError> {
    let mut sections: Vec<Section> = Vec::new();
    let mut start = String::new();
    let mut value_before = false;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let broken = || AuthError::StoredTokens { path: path.to_owned(), line: number + 1 };
        // An indented line goes on with the value above it.
        let goes_on = value_before && line.starts_with([' ', '\t']);
        if let Some(name) = header(line).filter(|_| !goes_on) {
            if sections.iter().any(|section| section.name == name) {
                return Err(broken());
            }
            value_before = false;
            // Reserved whole, so that growing never leaves an unwiped copy behind.
            let mut own = Zeroizing::new(String::with_capacity(text.len()));
            own.push_str(&std::mem::take(&mut start));
            own.push_str(line);
            sections.push(Section { name: name.to_owned(), text: own });
            continue;
        }
        let is_option = option(line).is_some();
        if !is_option && !goes_on && !is_remark(line.trim()) {
            return Err(broken());
        }
        value_before |= is_option;
        match sections.last_mut() {
            Some(section) => section.text.push_str(line),
            None if is_option => return Err(broken()),
            None => start.push_str(line),
        }
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, usize> {
        match parse(Path::new("f"), text) {
            Ok(sections) => Ok(sections.into_iter().map(|section| section.name).collect()),
            Err(AuthError::StoredTokens { line, .. }) => Err(line),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn sections_are_read_as_python_does() {
        for (text, expected) in [
            ("", Ok(vec![])),
            ("[a]\nhf_token = x\n\n[b c]\n", Ok(vec!["a", "b c"])),
            ("# remark\n\n[a]\n; remark\nHF_TOKEN: x", Ok(vec!["a"])),
            ("[a]b] rest\n[é]\n", Ok(vec!["a]b", "é"])),
            ("[a]\nx = 1\n  [not a header]\n[b]\n", Ok(vec!["a", "b"])),
            ("hf_token = x\n[a]\n", Err(1)),
            ("[a]\nnonsense\n", Err(2)),
            ("[]\n", Err(1)),
            ("[a]\n[b]\n[a]\n", Err(3)),
        ] {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(names(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_value_is_what_stands_behind_the_first_sign() {
        for (text, expected) in [
            ("[a]\nhf_token = hf_1\n", Some("hf_1")),
            ("[a]\nHF_Token:hf_1\n", Some("hf_1")),
            ("[a]\nhf_token = a=b%s;c\n", Some("a=b%s;c")),
            ("[a]\n# hf_token = no\n", None),
            ("[a]\nother = hf_token = 1\n", None),
        ] {
            let sections = parse(Path::new("f"), text).unwrap();
            assert_eq!(sections[0].value("hf_token"), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_lost_and_no_text_panics(text in "([\\[\\]a=: #\t]{0,8}\n){0,6}") {
            if let Ok(sections) = parse(Path::new("f"), &text) && !sections.is_empty() {
                let joined: String = sections.iter().map(|section| section.text.as_str()).collect();
                proptest::prop_assert_eq!(joined, text);
            }
        }
    }
}
