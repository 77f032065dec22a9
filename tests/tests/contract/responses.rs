//! Whatever the contract allows as a response can be read and written again, with as few and with as many fields as it names.

use std::collections::BTreeSet;

use hub_api::types::{
    CreateRepoResponse, DiscussionComment, DiscussionStatusChange, DiscussionTitleChange,
    DiscussionWithDetails, GitCommitInfo, GitRefs, Like, RepoSettings, SuperSquashResponse, TagsByType,
    TreeEntry, WhoAmI,
    commit::CommitResponse,
    discussion::{CreateDiscussionResponse, DiscussionPage},
    preupload::PreuploadResponse,
    space::{SpaceHardwareInfo, SpaceSecrets, SpaceTemplates, SpaceVariables},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    facts::{self, each_kind},
    samples::Samples,
};

/// Reads a response as the client does, and says what is wrong.
type Reader = fn(Value) -> Result<(), String>;

/// Nothing of a response is lost on the way to `T` and back.
fn read<T: DeserializeOwned + Serialize>(response: Value) -> Result<(), String> {
    let read: T = serde_json::from_value(response.clone()).map_err(|error| error.to_string())?;
    lost(&response, &serde_json::to_value(read).unwrap())
        .map_or(Ok(()), |place| Err(format!("{place} is lost")))
}

/// The first place in `before` that is not in `after`. What is null may be left out.
fn lost(before: &Value, after: &Value) -> Option<String> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before.iter().find_map(|(name, value)| {
            let place = lost(value, after.get(name).unwrap_or(&Value::Null))?;
            Some(format!("/{name}{place}"))
        }),
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            before.iter().zip(after).find_map(|(before, after)| Some(format!("/*{}", lost(before, after)?)))
        }
        _ => (before != after).then(String::new),
    }
}

/// What the response to a change of a discussion holds, under its name.
fn inside<T: DeserializeOwned + Serialize>(mut response: Value, name: &str) -> Result<(), String> {
    read::<T>(response[name].take())
}

/// Entries have a path; the contract leaves it out of one of the two responses that have entries.
fn entries(mut response: Value) -> Result<(), String> {
    for entry in response.as_array_mut().unwrap() {
        entry["path"] = "docs/a.txt".into();
        // And two of three fields out of the other.
        if entry["lfs"].is_object() {
            entry["lfs"]["oid"] = "00".into();
            entry["lfs"]["size"] = 7.into();
        }
    }
    read::<Vec<TreeEntry>>(response)
}

/// Number and time of a discussion are always there for clients; the contract requires neither, as the same response is that for
/// papers and posts.
fn details(mut response: Value) -> Result<(), String> {
    response["num"] = 7.into();
    response["createdAt"] = "2024-05-06T07:08:09.012Z".into();
    read::<DiscussionWithDetails>(response)
}

/// The responses of operations that methods send, and what they are read as.
const READERS: [(&str, Reader); 24] = [
    ("GET /api/datasets-tags-by-type", read::<TagsByType>),
    ("GET /api/models-tags-by-type", read::<TagsByType>),
    ("POST /api/{kind}/{namespace}/{repo}/commit/{rev}", read::<CommitResponse>),
    ("GET /api/{kind}/{namespace}/{repo}/commits/{rev}", read::<Vec<GitCommitInfo>>),
    ("POST /api/{kind}/{namespace}/{repo}/paths-info/{rev}", entries),
    ("POST /api/{kind}/{namespace}/{repo}/preupload/{rev}", read::<PreuploadResponse>),
    ("GET /api/{kind}/{namespace}/{repo}/refs", read::<GitRefs>),
    ("PUT /api/{kind}/{namespace}/{repo}/settings", read::<RepoSettings>),
    ("POST /api/{kind}/{namespace}/{repo}/super-squash/{rev}", read::<SuperSquashResponse>),
    ("GET /api/{kind}/{namespace}/{repo}/tree/{rev}/{path}", entries),
    ("POST /api/repos/create", read::<CreateRepoResponse>),
    ("GET /api/spaces/hardware", read::<Vec<SpaceHardwareInfo>>),
    ("GET /api/spaces/templates", read::<SpaceTemplates>),
    ("GET /api/spaces/{namespace}/{repo}/secrets", read::<SpaceSecrets>),
    ("GET /api/spaces/{namespace}/{repo}/variables", read::<SpaceVariables>),
    ("POST /api/{repoType}/{namespace}/{repo}/duplicate", read::<CreateRepoResponse>),
    ("GET /api/users/{username}/likes", read::<Vec<Like>>),
    ("GET /api/whoami-v2", read::<WhoAmI>),
    ("GET /api/{repoType}/{namespace}/{repo}/discussions", read::<DiscussionPage>),
    ("POST /api/{repoType}/{namespace}/{repo}/discussions", read::<CreateDiscussionResponse>),
    ("GET /api/{repoType}/{namespace}/{repo}/discussions/{num}", details),
    ("POST /api/{repoType}/{namespace}/{repo}/discussions/{num}/comment", |response| {
        inside::<DiscussionComment>(response, "newMessage")
    }),
    ("POST /api/{repoType}/{namespace}/{repo}/discussions/{num}/status", |response| {
        inside::<DiscussionStatusChange>(response, "newStatus")
    }),
    ("POST /api/{repoType}/{namespace}/{repo}/discussions/{num}/title", |response| {
        inside::<DiscussionTitleChange>(response, "newTitle")
    }),
];

#[test]
fn every_response_that_the_contract_allows_is_read_without_a_loss() {
    let shared = facts::shared_schemas();
    let mut faults = BTreeSet::new();
    for operation in facts::operations() {
        let name = operation.name();
        let reader = READERS.iter().find(|(names, _)| each_kind(names).contains(&name)).map(|row| row.1);
        for (status, response) in operation.responses.iter().filter(|(status, _)| **status < 300) {
            let Some(reader) = reader else {
                // A file is no JSON to be read.
                let is_read = facts::covered().contains_key(&name) && !name.contains("/resolve/");
                assert!(!is_read, "{name} has no reader");
                continue;
            };
            for sample in [false, true]
                .into_iter()
                .flat_map(|full| Samples { shared: &shared, full }.of(&response.schema))
            {
                assert!(response.judge.is_valid(&sample), "{name} {status}: not a sample: {sample}");
                if let Err(problem) = reader(sample.clone()) {
                    faults.insert(format!("{name} {status}: {problem}\n    {sample}"));
                }
            }
        }
    }
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(faults.is_empty(), "answers that cannot be read:\n{}", faults.join("\n"));
}
