//! Listings of files and of commits.

use std::collections::BTreeSet;

use hub_types::tree::PathsInfoRequest;
use serde_json::{Value, json};
use sha1::Digest;

use super::state::hex;
use super::{Asked, Commit, File, Refusal, Reply, State, time};

fn file_entry(path: &str, file: &File) -> Value {
    let mut entry = json!({"type": "file", "oid": file.blob, "size": file.size, "path": path});
    if let Some(sha256) = &file.lfs {
        entry["lfs"] = json!({"oid": sha256, "size": file.size, "pointerSize": 130});
    }
    entry
}

fn folder_entry(commit: &Commit, path: &str) -> Value {
    let oid = hex(&sha1::Sha1::digest(format!("{} {path}", commit.id)));
    json!({"type": "directory", "oid": oid, "size": 0, "path": path})
}

/// All folders above these files.
fn folders(commit: &Commit) -> BTreeSet<&str> {
    commit.tree.keys().flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..at])).collect()
}

impl State {
    pub(super) fn tree(
        &self,
        asked: &Asked,
        key: &str,
        revision: &str,
        below: &str,
    ) -> Result<Reply, Refusal> {
        let commit = self.found(key)?.commit(revision)?;
        let recursive = matches!(asked.query("recursive"), Some("true" | "True" | "1"));
        let inside = |path: &str| match below {
            "" => recursive || !path.contains('/'),
            _ => path
                .strip_prefix(below)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| recursive || !rest.contains('/')),
        };
        let folders = folders(&commit);
        if !below.is_empty() && !folders.contains(below) {
            return Err(Refusal::no_entry(below));
        }
        let mut entries: Vec<(&str, Value)> =
            folders.iter().map(|path| (*path, folder_entry(&commit, path))).collect();
        entries.extend(commit.tree.iter().map(|(path, file)| (path.as_str(), file_entry(path, file))));
        entries.retain(|(path, _)| inside(path));
        entries.sort_by_key(|(path, _)| *path);
        Ok(self.page(asked, entries.into_iter().map(|(_, entry)| entry).collect()))
    }

    pub(super) fn paths_info(&self, asked: &Asked, key: &str, revision: &str) -> Result<Reply, Refusal> {
        let commit = self.found(key)?.commit(revision)?;
        let is_form =
            asked.headers.get("content-type").is_some_and(|value| value.as_bytes().ends_with(b"urlencoded"));
        let paths = if is_form { form_paths(&asked.body) } else { asked.json::<PathsInfoRequest>()?.paths };
        let folders = folders(&commit);
        let entries = paths.iter().filter_map(|path| {
            let path = path.trim_end_matches('/');
            let file = commit.tree.get(path).map(|file| file_entry(path, file));
            file.or_else(|| folders.contains(path).then(|| folder_entry(&commit, path)))
        });
        Ok(Reply::json(&entries.collect()))
    }

    pub(super) fn commits(&self, asked: &Asked, key: &str, revision: &str) -> Result<Reply, Refusal> {
        let history = self.found(key)?.at(revision)?;
        let entry = |commit: &Commit| {
            json!({"id": commit.id, "title": commit.title, "message": commit.message,
                   "authors": [{"user": commit.author}], "date": time::in_json(commit.at)})
        };
        Ok(self.page(asked, history.iter().rev().map(|commit| entry(commit)).collect()))
    }
}

/// `paths=a.txt&paths=b%2Fc.txt&expand=False`
fn form_paths(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| *name == "paths").map(|(_, value)| decoded(value)).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                out.extend(u8::from_str_radix(&digits, 16));
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
