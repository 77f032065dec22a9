//! Everything that changes repositories, with large files by LFS and by Xet, and the collection of garbage between and within it, in an
//! order that a seed decides; processes end between any two steps. A model knows what every ref needs: all of it must be there, whatever
//! was collected, and in the end nothing else.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    rc::Rc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use hub_types::lfs::Pointer;
use hub_xet::{
    codec::{Compression, Encoder},
    recipe::RecipeBuilder,
    shard::{FileBlock, ShardBuilder},
    xorb::XorbBuilder,
};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use crate::store::{
    Change, CommitId, CommitTarget, NewDiscussion, NewPullRequest, NewRef, Repack, RepoRecord, Stage, Store,
    StoreError,
    testing::{Temporary, author, fsck, git, new_repo, plan, temporary},
};

const SEEDS: u64 = 4;
const STEPS: usize = 60;

/// Random numbers by a seed: xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn of<T: Clone>(&mut self, all: impl IntoIterator<Item = T>) -> Option<T> {
        let all: Vec<T> = all.into_iter().collect();
        all.get(self.below(all.len())).cloned()
    }
}

/// What a commit has, as the model knows it.
#[derive(Clone, Default)]
struct Made {
    parents: Vec<CommitId>,
    /// LFS objects that its files lead to, by path.
    lfs: BTreeMap<String, String>,
}

struct Repo {
    record: RepoRecord,
    refs: BTreeMap<String, CommitId>,
    uploaded: BTreeSet<String>,
    pull_requests: Vec<CommitId>,
}

/// A commit that is being put together.
struct Pending {
    key: i64,
    stage: Stage,
    changes: Vec<Change>,
    lfs: BTreeMap<String, String>,
}

struct World {
    store: Option<Temporary>,
    chance: Chance,
    runtime: Rc<Runtime>,
    repos: Vec<Repo>,
    commits: BTreeMap<(i64, CommitId), Made>,
    pending: Option<Pending>,
    made: usize,
    /// Names of files in the store of Xet, with the LFS object that each is a part of.
    by_xet: BTreeMap<String, String>,
}

impl World {
    fn new(seed: u64) -> Self {
        let runtime = Rc::new(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
        let mut world = Self {
            store: Some(temporary()),
            chance: Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            runtime,
            repos: Vec::new(),
            commits: BTreeMap::new(),
            pending: None,
            made: 0,
            by_xet: BTreeMap::new(),
        };
        world.create();
        world
    }

    fn store(&self) -> Store {
        (**self.store.as_ref().unwrap()).clone()
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("n{}", self.made)
    }

    fn pick(&mut self) -> Option<usize> {
        (!self.repos.is_empty()).then(|| self.chance.below(self.repos.len()))
    }

    fn adopt(&mut self, record: RepoRecord, uploaded: BTreeSet<String>, lfs: BTreeMap<String, String>) {
        let git = self.store().git(&record).unwrap();
        let tip = git.resolve("main").unwrap();
        for commit in git.log(tip, 0, 99).unwrap().0 {
            let lfs = if commit.id == tip { lfs.clone() } else { BTreeMap::new() };
            self.commits.insert((record.key, commit.id), Made { parents: commit.parents, lfs });
        }
        let refs = BTreeMap::from([("refs/heads/main".to_owned(), tip)]);
        self.repos.push(Repo { record, refs, uploaded, pull_requests: Vec::new() });
    }

    fn create(&mut self) {
        let name = self.name();
        let record =
            self.store().create_repo(new_repo(hub_types::RepoType::Model, &format!("ada/{name}"))).unwrap();
        self.adopt(record, BTreeSet::new(), BTreeMap::new());
    }

    fn upload(&mut self) {
        let Some(at) = self.pick() else { return };
        // Few contents, so that they are shared and come back after they were collected.
        let content = format!("content {}", self.chance.below(12)).into_bytes();
        let oid: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        let (store, record) = (self.store(), self.repos[at].record.clone());
        if self.chance.below(2) == 0 {
            self.upload_by_xet(&record, &content, &oid);
        } else {
            let size = content.len() as u64;
            self.runtime.block_on(store.lfs().put(&record, &oid, size, body(content))).unwrap();
        }
        self.repos[at].uploaded.insert(oid);
    }

    fn upload_by_xet(&mut self, record: &RepoRecord, content: &[u8], oid: &str) {
        let (mut encoder, mut builder) = (Encoder::new(Compression::None), XorbBuilder::new());
        let chunk = encoder.encode(content).unwrap();
        let mut recipe = RecipeBuilder::new();
        let number = builder.push(&chunk).unwrap();
        recipe.push((), number, chunk.hash(), chunk.header().raw_len).unwrap();
        let xorb = builder.take().unwrap();
        let recipe = recipe.finish().resolve(|()| Some(xorb.hash())).unwrap();
        let file = FileBlock::new(recipe, Some(Sha256::digest(content).into()));
        let mut shard = ShardBuilder::new();
        shard.push_file(&file).unwrap();
        for name in [xorb.hash(), file.hash] {
            self.by_xet.insert(name.to_string(), oid.to_owned());
        }
        let (store, record) = (self.store(), record.clone());
        self.runtime.block_on(async {
            store.xet().put_xorb(xorb.hash(), body(xorb.to_vec())).await.unwrap();
            let shard = store.xet().receive_shard(body(shard.finish())).await.unwrap();
            store.xet().register((record, 1), shard, |_| Ok(None), |_| true).await.unwrap();
        });
    }

    /// Begins a commit on `main`: regular files, and LFS files as far as the repository has the objects.
    fn begin(&mut self) {
        let Some(at) = self.pick() else { return };
        let (store, record) = (self.store(), self.repos[at].record.clone());
        let mut stage = store.git(&record).unwrap().stage().unwrap();
        let (mut changes, mut lfs) = (Vec::new(), BTreeMap::new());
        for _ in 0..=self.chance.below(3) {
            let path = format!("f{}", self.chance.below(6));
            let oid = self.chance.of(self.repos[at].uploaded.clone()).filter(|_| self.chance.below(2) == 0);
            let content = match oid {
                Some(oid) => match store.lfs().has(&record, &oid).unwrap() {
                    Some(size) => {
                        lfs.insert(path.clone(), oid.clone());
                        Pointer::new(oid, size).to_string()
                    }
                    None => continue,
                },
                // Few contents again: blobs that were left behind come back.
                None => {
                    lfs.remove(&path);
                    format!("text {}", self.chance.below(5))
                }
            };
            changes.push(Change::Put { path, blob: stage.write_blob(content.as_bytes()).unwrap() });
        }
        self.pending = Some(Pending { key: record.key, stage, changes, lfs });
    }

    fn finish(&mut self) {
        let Some(Pending { key, stage, changes, lfs }) = self.pending.take() else { return };
        let Some(at) = self.repos.iter().position(|repo| repo.record.key == key) else { return };
        let tip = self.repos[at].refs["refs/heads/main"];
        let mut after = self.commits[&(key, tip)].lfs.clone();
        for change in &changes {
            if let Change::Put { path, .. } = change {
                after.remove(path);
            }
        }
        after.extend(lfs.clone());
        let as_pull_request = self.chance.below(3) == 0;
        let lfs_objects = lfs.into_values().collect();
        let (store, record) = (self.store(), self.repos[at].record.clone());
        let done = if as_pull_request {
            let new = NewDiscussion {
                title: "Change".into(),
                description: String::new(),
                author: "ada".into(),
                pull_request: Some(NewPullRequest {
                    target: "refs/heads/main".into(),
                    base: tip,
                    draft: false,
                }),
            };
            store
                .open_pull_request(&record, &new, |full_name| {
                    let target = CommitTarget::NewRef { full_name: full_name.to_owned(), base: tip };
                    let mut plan = plan(target, changes, "pull request");
                    plan.lfs_objects = lfs_objects;
                    stage.finish(plan)
                })
                .map(|(number, commit)| (format!("refs/pr/{number}"), commit))
        } else {
            let full_name = "refs/heads/main".to_owned();
            let target =
                CommitTarget::Branch { full_name: full_name.clone(), expected_parent: None, create: false };
            let mut plan = plan(target, changes, "commit");
            plan.lfs_objects = lfs_objects;
            stage.finish(plan).map(|commit| (full_name, commit))
        };
        match done {
            Ok((full_name, commit)) => {
                self.commits.insert((key, commit), Made { parents: vec![tip], lfs: after });
                if as_pull_request {
                    self.repos[at].pull_requests.extend([tip, commit]);
                }
                self.repos[at].refs.insert(full_name, commit);
            }
            Err(StoreError::TakenOut) => {}
            Err(error) => panic!("a commit: {error:?}"),
        }
    }

    /// A branch at any commit that there ever was.
    fn branch(&mut self) {
        let Some(at) = self.pick() else { return };
        let record = self.repos[at].record.clone();
        let known = self.commits.keys().filter(|(key, _)| *key == record.key).map(|(_, commit)| *commit);
        let Some(commit) = self.chance.of(known.collect::<Vec<_>>()) else { return };
        let full_name = format!("refs/heads/{}", ["main", "a", "b"][self.chance.below(3)]);
        let git = self.store().git(&record).unwrap();
        match git.create_ref(&full_name, NewRef::Commit(commit), true) {
            Ok(()) => drop(self.repos[at].refs.insert(full_name, commit)),
            // It was collected.
            Err(StoreError::RevisionNotFound { .. }) => {
                assert!(!self.needed(at).0.contains(&commit), "{commit} is needed and was not found");
            }
            Err(error) => panic!("a branch: {error:?}"),
        }
    }

    fn delete_branch(&mut self) {
        let Some(at) = self.pick() else { return };
        let names = self.repos[at].refs.keys().filter(|name| *name != "refs/heads/main").cloned();
        let Some(name) = self.chance.of(names.collect::<Vec<_>>()) else { return };
        self.store().git(&self.repos[at].record).unwrap().delete_ref(&name).unwrap();
        self.repos[at].refs.remove(&name);
    }

    fn squash(&mut self) {
        let Some(at) = self.pick() else { return };
        let record = self.repos[at].record.clone();
        let time = Timestamp::from_second(2_100_000_000 + self.made as i64).unwrap();
        self.made += 1;
        let main = "refs/heads/main";
        let commit = self.store().git(&record).unwrap().squash(main, &author(), time, "one").unwrap();
        let old = self.repos[at].refs.insert(main.to_owned(), commit).unwrap();
        let lfs = self.commits[&(record.key, old)].lfs.clone();
        self.commits.insert((record.key, commit), Made { parents: Vec::new(), lfs });
    }

    fn copy(&mut self) {
        let Some(at) = self.pick() else { return };
        let name = self.name();
        let source = self.repos[at].record.clone();
        let lfs = self.commits[&(source.key, self.repos[at].refs["refs/heads/main"])].lfs.clone();
        let new = new_repo(hub_types::RepoType::Model, &format!("ada/{name}"));
        let copy = self.store().duplicate_repo(&source, new).unwrap();
        self.adopt(copy, lfs.values().cloned().collect(), lfs);
    }

    fn delete(&mut self) {
        if self.repos.len() < 2 {
            return;
        }
        let Some(at) = self.pick() else { return };
        let repo = self.repos.remove(at);
        if self.pending.as_ref().is_some_and(|pending| pending.key == repo.record.key) {
            self.pending = None;
        }
        self.store().delete_repo(&repo.record).unwrap();
    }

    /// The process ends, and another one begins.
    fn end(&mut self) {
        self.pending = None;
        self.store = self.store.take().map(Temporary::reopen);
    }

    fn pack(&mut self) {
        let Some(at) = self.pick() else { return };
        let git = self.store().git(&self.repos[at].record).unwrap();
        let how = if self.chance.below(2) == 0 { Repack::Some } else { Repack::All };
        let also = self.store().pull_request_commits(&self.repos[at].record).unwrap();
        let also = git.that_are_there(also).unwrap();
        self.runtime.block_on(git.repack(Path::new("git"), how, &also)).unwrap();
        // Or else the process ended here.
        if self.chance.below(4) > 0 {
            git.drop_duplicates(how).unwrap();
        }
    }

    fn free(&mut self, all: bool) {
        let store = self.store();
        let mut oids = store.lfs().orphans().unwrap();
        if all {
            oids.extend(self.runtime.block_on(store.lfs().unknown(Duration::ZERO)).unwrap());
        }
        for oid in oids {
            self.runtime.block_on(store.lfs().free(&oid)).unwrap();
        }
        // So late that clients remember nothing of what is there now.
        let later = Timestamp::now() + SignedDuration::from_hours(22 * 24);
        self.runtime.block_on(store.xet().free(later)).unwrap();
        if all {
            self.runtime.block_on(store.xet().free_unknown()).unwrap();
        }
    }

    /// What the refs of a repository need: commits and LFS objects.
    fn needed(&self, at: usize) -> (BTreeSet<CommitId>, BTreeSet<String>) {
        let repo = &self.repos[at];
        let mut open: Vec<CommitId> = repo.refs.values().chain(&repo.pull_requests).copied().collect();
        let (mut commits, mut lfs) = (BTreeSet::new(), BTreeSet::new());
        while let Some(commit) = open.pop() {
            if commits.insert(commit) {
                let made = &self.commits[&(repo.record.key, commit)];
                open.extend(&made.parents);
                lfs.extend(made.lfs.values().cloned());
            }
        }
        (commits, lfs)
    }

    /// Everything that is needed is there.
    fn check(&self) {
        let store = self.store();
        for (at, repo) in self.repos.iter().enumerate() {
            let opened = store.git(&repo.record).unwrap();
            for (name, commit) in &repo.refs {
                assert_eq!(opened.resolve(name).unwrap(), *commit, "{name} of {}", repo.record.repo);
            }
            assert_eq!(opened.refs().unwrap().len(), repo.refs.len());
            fsck(&store, &repo.record);
            let (commits, lfs) = self.needed(at);
            for commit in commits {
                let files = opened.all_files(commit).unwrap();
                assert!(files.iter().all(|file| opened.blob(file.oid).is_ok()), "{commit}");
            }
            for oid in lfs {
                assert!(
                    store.lfs().has(&repo.record, &oid).unwrap().is_some(),
                    "{} lost {oid}",
                    repo.record.repo
                );
                assert!(store.whole(&repo.record, &oid).unwrap().is_some(), "the content of {oid} is lost");
            }
        }
    }

    /// After everything was collected, nothing else is there.
    fn check_clean(&mut self) {
        let store = self.store();
        let mut all = BTreeSet::new();
        for at in 0..self.repos.len() {
            let record = self.repos[at].record.clone();
            let opened = store.git(&record).unwrap();
            let also = opened.that_are_there(store.pull_request_commits(&record).unwrap()).unwrap();
            self.runtime.block_on(opened.repack(Path::new("git"), Repack::All, &also)).unwrap();
            opened.drop_duplicates(Repack::All).unwrap();
            // What is a millisecond old is young still.
            std::thread::sleep(Duration::from_millis(2));
            store.collect(&record, Duration::ZERO, |_| Ok(())).unwrap();
            opened.drop_duplicates(Repack::All).unwrap();
            let stored: u64 = git(&store, &record, &["count-objects", "-v"])
                .lines()
                .filter_map(|line| line.strip_prefix("count: ").or(line.strip_prefix("in-pack: ")))
                .map(|count| count.parse::<u64>().unwrap())
                .sum();
            let tips: Vec<String> = self.repos[at]
                .refs
                .values()
                .chain(&self.repos[at].pull_requests)
                .map(ToString::to_string)
                .collect();
            let arguments =
                [&["rev-list", "--objects"], tips.iter().map(String::as_str).collect::<Vec<_>>().as_slice()]
                    .concat();
            assert_eq!(stored, git(&store, &record, &arguments).lines().count() as u64, "{}", record.repo);
            all.extend(self.needed(at).1);
        }
        self.free(true);
        let mut stored = names_below(&store.dir().join("lfs/objects"));
        for folder in ["xet/xorbs", "xet/files"] {
            for name in names_below(&store.dir().join(folder)) {
                stored.insert(self.by_xet[name.trim_end_matches(".idx")].clone());
            }
        }
        assert_eq!(stored, all, "large files that are stored, and that are needed");
    }
}

/// Something that is sent in one piece.
fn body(content: Vec<u8>) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    stream::iter([Ok(Bytes::from(content))])
}

/// The names of all files below a folder, which may not be there.
fn names_below(folder: &Path) -> BTreeSet<String> {
    let (mut names, mut folders) = (BTreeSet::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                _ = names.insert(path.file_name().unwrap().to_str().unwrap().to_owned())
            }
        }
    }
    names
}

/// One thing that somebody does.
fn act(world: &mut World) {
    match world.chance.below(20) {
        0 => world.create(),
        1..=4 => world.upload(),
        5..=7 => world.begin(),
        8..=11 => world.finish(),
        12 => world.branch(),
        13 => world.delete_branch(),
        14 => world.squash(),
        15 => world.copy(),
        16 => world.delete(),
        17 => world.pack(),
        18 => world.free(false),
        _ => world.end(),
    }
}

/// Collects the garbage of one repository; others act, or the process ends, where nothing is locked.
fn collect(world: &Rc<RefCell<World>>) {
    let (store, record, ends_at) = {
        let mut world = world.borrow_mut();
        let Some(at) = world.pick() else { return };
        let ends_at = world.chance.below(4);
        (world.store(), world.repos[at].record.clone(), ends_at)
    };
    let step = RefCell::new(0);
    let done = store.collect(&record, Duration::ZERO, |_| {
        *step.borrow_mut() += 1;
        if *step.borrow() == ends_at {
            return Err(StoreError::TakenOut);
        }
        for _ in 0..3 {
            let mut world = world.borrow_mut();
            match world.chance.below(7) {
                0 => world.upload(),
                1 => world.begin(),
                2 | 3 => world.finish(),
                4 => world.branch(),
                5 => world.delete_branch(),
                _ => world.squash(),
            }
        }
        Ok(())
    });
    drop(store);
    match done {
        Ok(removed) => assert!(!removed.busy),
        // The process ended there.
        Err(StoreError::TakenOut) => world.borrow_mut().end(),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn nothing_that_is_needed_is_ever_collected_and_all_else_is() {
    let only = std::env::var("HUB_GC_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let seeds = std::env::var("HUB_DEEP_GC").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    for seed in only.map_or(1..=seeds, |seed| seed..=seed) {
        println!("HUB_GC_SEED={seed}");
        let world = Rc::new(RefCell::new(World::new(seed)));
        for _ in 0..STEPS {
            if world.borrow_mut().chance.below(4) == 0 {
                collect(&world);
            } else {
                act(&mut world.borrow_mut());
            }
            world.borrow().check();
        }
        let mut world = world.borrow_mut();
        world.pending = None;
        world.check_clean();
        world.check();
    }
}
