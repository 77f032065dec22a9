//! The store of large files: URLs that carry their own permission, uploads whole and in parts.

use bytes::{Bytes, BytesMut};
use http::Method;
use hub_types::lfs::{BatchRequest, CompletionRequest, MEDIA_TYPE, ObjectId, Operation};
use serde_json::{Map, Value, json};
use sha2::Digest;

use super::state::hex;
use super::{Asked, Refusal, Reply, State};

impl State {
    pub(super) fn lfs_batch(&self, asked: &Asked, key: &str) -> Result<Reply, Refusal> {
        let request: BatchRequest = asked.json()?;
        let repo = self.found(key)?;
        if request.operation == Operation::Upload {
            Self::caller(asked)?;
        }
        let parts = request.transfers.iter().any(|transfer| transfer == "multipart");
        let part_size = self.rules.part_size.filter(|_| parts);
        let store = format!("{}/store/{key}", asked.origin);
        let object = |ObjectId { oid, size, .. }: &ObjectId| {
            let place = format!("{store}/{oid}");
            let there = repo.objects.get(oid).is_some_and(|content| content.len() as u64 == *size);
            match (request.operation, there) {
                (Operation::Upload, true) => json!({"oid": oid, "size": size}),
                (Operation::Upload, false) => {
                    let parts = part_size.filter(|part| size > part);
                    let mut actions = json!({"upload": upload(&place, *size, parts)});
                    if self.rules.verify {
                        actions["verify"] = json!({"href": format!("{place}/verify"), "header": {}});
                    }
                    json!({"oid": oid, "size": size, "authenticated": true, "actions": actions})
                }
                (Operation::Download, true) => {
                    json!({"oid": oid, "size": size, "actions": {"download": {"href": place, "header": {}}}})
                }
                (Operation::Download, false) => {
                    json!({"oid": oid, "size": size, "error": {"code": 404, "message": "Object does not exist"}})
                }
            }
        };
        let objects: Vec<Value> = request.objects.iter().map(object).collect();
        let transfer = if part_size.is_some() { "multipart" } else { "basic" };
        let response = json!({"transfer": transfer, "objects": objects}).to_string();
        Ok(Reply::new(200, MEDIA_TYPE, response))
    }

    /// `/store/{models/ada/demo}/{oid}[/{part}|/complete|/verify]`
    pub(super) fn store(&mut self, asked: &Asked, rest: &str) -> Result<Reply, Refusal> {
        let missing = || Refusal::new(404, "there is no such object");
        let segments: Vec<&str> = rest.split('/').collect();
        let [kind, owner, name, oid, step @ ..] = segments.as_slice() else { return Err(missing()) };
        let key = format!("{kind}/{owner}/{name}");
        let done = || Reply::new(200, "text/plain", "");
        match (&asked.method, step) {
            (&Method::PUT, []) => self.keep(&key, oid, asked.body.clone()).map(|()| done()),
            (&Method::PUT, [part]) => {
                let number: u32 = part.parse().map_err(|_| missing())?;
                let etag = format!("\"{}\"", hex(&sha1::Sha1::digest(&asked.body)));
                self.parts.insert(((*oid).to_owned(), number), asked.body.clone());
                Ok(done().header("etag", etag))
            }
            (&Method::POST, ["complete"]) => self.complete(&key, oid, asked).map(|()| done()),
            (&Method::POST, ["verify"]) => {
                let ObjectId { oid, size, .. } = asked.json()?;
                let stored = self.found(&key)?.objects.get(&oid).is_some_and(|c| c.len() as u64 == size);
                if stored { Ok(Reply::json(&json!({}))) } else { Err(missing()) }
            }
            (&Method::GET | &Method::HEAD, []) => {
                let content = self.found(&key)?.objects.get(*oid).cloned().ok_or_else(missing)?;
                Ok(super::resolve::content(asked, content, oid))
            }
            _ => Err(missing()),
        }
    }

    fn complete(&mut self, key: &str, oid: &str, asked: &Asked) -> Result<(), Refusal> {
        let request: CompletionRequest = asked.json()?;
        let mut content = BytesMut::new();
        for part in &request.parts {
            let stored = self.parts.get(&(oid.to_owned(), part.part_number));
            let stored = stored.ok_or_else(|| Refusal::new(400, "a part was not uploaded"))?;
            if part.etag != format!("\"{}\"", hex(&sha1::Sha1::digest(stored))) {
                return Err(Refusal::new(400, "a part is not the one that was uploaded"));
            }
            content.extend_from_slice(stored);
        }
        self.keep(key, oid, content.freeze())?;
        self.parts.retain(|(other, _), _| other != oid);
        Ok(())
    }

    fn keep(&mut self, key: &str, oid: &str, content: Bytes) -> Result<(), Refusal> {
        if hex(&sha2::Sha256::digest(&content)) != oid {
            return Err(Refusal::new(422, "the content is not what its name says"));
        }
        self.found_mut(key)?.objects.insert(oid.to_owned(), content);
        Ok(())
    }
}

fn upload(place: &str, size: u64, part_size: Option<u64>) -> Value {
    let Some(part_size) = part_size else { return json!({"href": place, "header": {}}) };
    let mut header = Map::new();
    header.insert("chunk_size".to_owned(), part_size.to_string().into());
    for number in 1..=size.div_ceil(part_size) {
        header.insert(format!("{number:05}"), format!("{place}/{number}").into());
    }
    json!({"href": format!("{place}/complete"), "header": header})
}
