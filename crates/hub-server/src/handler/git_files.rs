//! Files by which git lets itself be led, checked as `git fsck` and a push check them.

/// The longest line of `.gitattributes` that git reads.
const LONGEST_LINE: usize = 2048;

/// Why git would refuse a file of this name with this content.
pub(super) fn problem(path: &str, content: &[u8]) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let reason = match name.as_str() {
        ".gitattributes" => {
            let long = content.split(|byte| *byte == b'\n').any(|line| line.len() > LONGEST_LINE);
            long.then(|| format!("a line has more than {LONGEST_LINE} bytes"))
        }
        ".gitmodules" => String::from_utf8_lossy(content).lines().find_map(misleading),
        _ => None,
    };
    reason.map(|reason| format!("git does not take {path:?}: {reason}"))
}

/// Why a line of `.gitmodules` could lead git out of the repository, or to a program.
fn misleading(line: &str) -> Option<String> {
    let line = line.trim();
    if let Some(section) = line.strip_prefix('[') {
        let name = section.split('"').nth(1).unwrap_or_default();
        let leaves = name.split(['/', '\\']).any(|part| part == "..");
        return leaves.then(|| format!("the name of the submodule {name:?} leads out of the repository"));
    }
    let (key, value) = line.split_once('=')?;
    let value = value.trim().trim_matches('"');
    let is_option = value.starts_with('-');
    match key.trim().to_ascii_lowercase().as_str() {
        "url" | "path" if is_option => Some(format!("{value:?} would be taken for an option")),
        "update" if value.starts_with('!') => Some(format!("{value:?} would be run as a program")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fsck_refuses_is_refused_and_what_is_usual_is_not() {
        let long = "a".repeat(LONGEST_LINE + 1);
        let refused = [
            (".gitmodules", "[submodule \"x\"]\n\turl = -u./payload"),
            ("sub/.gitmodules", "[submodule \"../../x\"]"),
            (".GITMODULES", "path = \"-x\""),
            (".gitmodules", "update = !rm"),
            (".gitattributes", long.as_str()),
            ("sub/.gitattributes", long.as_str()),
        ];
        for (path, content) in refused {
            assert!(problem(path, content.as_bytes()).is_some(), "{path}: {content}");
        }
        let usual = "[submodule \"lib/x\"]\n\tpath = lib/x\n\turl = ../x.git\n\tupdate = rebase\n";
        for (path, content) in
            [(".gitmodules", usual), (".gitattributes", "*.bin filter=lfs\n"), ("a.txt", &long)]
        {
            assert_eq!(problem(path, content.as_bytes()), None, "{path}");
        }
    }
}
