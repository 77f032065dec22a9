//! Files and folders that are named one by one. A name is no pattern.

use std::path::Path;

use hub_types::{ParseError, SafeRelPath};

/// Names of files, and with a `/` at their end of folders; none means everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names(Vec<Name>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    path: SafeRelPath,
    is_folder: bool,
}

impl Names {
    pub(crate) fn parse<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, ParseError> {
        let parse = |name: S| {
            let text = name.as_ref().trim_end_matches('/');
            Ok(Name { path: SafeRelPath::from_user(text)?, is_folder: text.len() < name.as_ref().len() })
        };
        names.into_iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a file is named, or in a folder that is.
    pub(crate) fn take(&self, path: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| name.takes(path))
    }

    /// The names that none of these files has.
    pub(crate) fn absent_from<'p>(&self, paths: impl Iterator<Item = &'p str> + Clone) -> Vec<String> {
        let absent = self.0.iter().filter(|name| !paths.clone().any(|path| name.takes(path)));
        absent.map(Name::text).collect()
    }

    /// The names of what is not in a folder on this machine. Waits for the disk.
    pub(crate) fn not_in(&self, folder: &Path) -> Vec<String> {
        let is_here = |name: &Name| {
            name.path
                .under(folder)
                .is_ok_and(|place| if name.is_folder { place.is_dir() } else { place.is_file() })
        };
        self.0.iter().filter(|name| !is_here(name)).map(Name::text).collect()
    }
}

impl Name {
    fn takes(&self, path: &str) -> bool {
        match path.strip_prefix(self.path.as_str()) {
            Some(rest) if self.is_folder => rest.starts_with('/'),
            Some(rest) => rest.is_empty(),
            None => false,
        }
    }

    fn text(&self) -> String {
        format!("{}{}", self.path, if self.is_folder { "/" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_file_or_a_folder_and_never_a_pattern() {
        let names = Names::parse(["data[v1]/f.txt", "*.bin", "weights/", "./a"]).unwrap();
        for (path, taken) in [
            ("data[v1]/f.txt", true),
            ("datav/f.txt", false),
            ("data1/f.txt", false),
            ("*.bin", true),
            ("w.bin", false),
            ("weights/w.bin", true),
            ("weights/d/w.bin", true),
            ("weights", false),
            ("weights2/w.bin", false),
            ("a", true),
            ("a/b", false),
        ] {
            assert_eq!(names.take(path), taken, "{path}");
        }
        assert_eq!(names.absent_from(["a", "weights/w.bin"].into_iter()), ["data[v1]/f.txt", "*.bin"]);
        assert!(Names::default().take("anything"));
        assert!(Names::parse(["../x"]).is_err() && Names::parse(["/"]).is_err());
    }
}
