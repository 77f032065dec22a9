//! Commits, and what the client asks before one.

use bytes::Bytes;
use hub_types::commit::CommitLine;
use hub_types::preupload::PreuploadRequest;
use serde_json::{Value, json};

use super::state::{blob_id, page_of, regular};
use super::{Asked, File, Refusal, Reply, State};

impl State {
    pub(super) fn preupload(&self, asked: &Asked, key: &str, revision: &str) -> Result<Reply, Refusal> {
        Self::caller(asked)?;
        let head = self.found(key)?.commit(revision)?;
        let request: PreuploadRequest = asked.json()?;
        let decide = |file: &hub_types::preupload::PreuploadFile| {
            let mode = if file.size >= self.rules.lfs_from { "lfs" } else { "regular" };
            let mut decision = json!({"path": file.path, "uploadMode": mode, "shouldIgnore": false});
            if let Some(there) = head.tree.get(&file.path) {
                decision["oid"] = there.lfs.as_ref().unwrap_or(&there.blob).as_str().into();
            }
            decision
        };
        let files: Vec<Value> = request.files.iter().map(decide).collect();
        Ok(Reply::json(&json!({"commitOid": head.id, "files": files})))
    }

    pub(super) fn commit(&mut self, asked: &Asked, key: &str, revision: &str) -> Result<Reply, Refusal> {
        let caller = Self::caller(asked)?;
        let text =
            std::str::from_utf8(&asked.body).map_err(|_| Refusal::new(400, "the commit is not UTF-8"))?;
        let lines = text.lines().filter(|line| !line.is_empty()).map(serde_json::from_str::<CommitLine>);
        let lines: Vec<CommitLine> =
            lines.collect::<Result<_, _>>().map_err(|error| Refusal::new(400, &error.to_string()))?;
        let Some((CommitLine::Header(header), lines)) = lines.split_first() else {
            return Err(Refusal::new(400, "the first line of a commit is its header"));
        };
        let repo = self.found(key)?;
        let create_pr = asked.query("create_pr").is_some();
        let names = [revision.to_owned(), format!("refs/heads/{revision}")];
        let reference = names.into_iter().find(|name| repo.refs.contains_key(name));
        let reference = reference.ok_or_else(|| Refusal::no_revision(revision))?;
        let history = repo.at(&reference)?;
        let head = repo.commit(&reference)?;
        let parent = header.parent_commit.as_ref();
        if self.rules.swap && !create_pr && parent.is_some_and(|parent| !parent.matches(&head.id)) {
            let text = "A commit has happened since. Please refresh and try again.";
            return Err(Refusal::new(412, text));
        }
        let base = history.to_vec();
        let mut tree = head.tree.clone();
        for line in lines {
            self.apply(key, line, &mut tree)?;
        }
        let (title, message) = (header.summary.clone(), header.description.clone());
        let mut pull_request = None;
        let id = if create_pr {
            let num = self.open(key, caller, &title, &message, true, "open")?;
            let reference = format!("refs/pr/{num}");
            self.found_mut(key)?.refs.insert(reference.clone(), base);
            pull_request = Some(num);
            self.push(key, &reference, caller, &title, &message, tree)
        } else {
            self.push(key, &reference, caller, &title, &message, tree)
        };
        let page = format!("{}{}", asked.origin, page_of(key));
        let mut response = json!({"success": true, "commitOid": id, "commitUrl": format!("{page}/commit/{id}"),
                                "hookOutput": ""});
        if let Some(num) = pull_request {
            response["pullRequestUrl"] = format!("{page}/discussions/{num}").into();
        }
        Ok(Reply::json(&response))
    }

    fn apply(
        &self,
        key: &str,
        line: &CommitLine,
        tree: &mut std::collections::BTreeMap<String, File>,
    ) -> Result<(), Refusal> {
        match line {
            CommitLine::Header(_) => return Err(Refusal::new(400, "a commit has one header")),
            CommitLine::File(file) => {
                let content = file.bytes().map_err(|error| Refusal::new(400, &error.to_string()))?;
                tree.insert(file.path.clone(), regular(Bytes::from(content.into_owned())));
            }
            CommitLine::LfsFile(file) => {
                let stored = self.found(key)?.objects.get(&file.oid).map(|content| content.len() as u64);
                let known = stored.or(file.size.filter(|_| !self.rules.objects));
                let size = known.filter(|size| file.size.is_none_or(|stated| stated == *size));
                let missing = || Refusal::new(400, "LFS pointer pointed to a file that does not exist");
                let size = size.ok_or_else(missing)?;
                let pointer = hub_types::lfs::Pointer::new(&file.oid, size).to_string();
                let (blob, lfs) = (blob_id(pointer.as_bytes()), Some(file.oid.clone()));
                tree.insert(file.path.clone(), File { blob, size, lfs, content: Bytes::new() });
            }
            CommitLine::DeletedFile(at) => {
                tree.remove(&at.path).ok_or_else(|| Refusal::no_entry(&at.path))?;
            }
            CommitLine::DeletedFolder(at) | CommitLine::DeletedEntry(at) => {
                let (path, before) = (at.path.trim_end_matches('/'), tree.len());
                tree.retain(|other, _| other != path && !other.starts_with(&format!("{path}/")));
                if tree.len() == before {
                    return Err(Refusal::no_entry(path));
                }
            }
        }
        Ok(())
    }
}
