//! How far a Space is: simulated, because nothing is built or run here.
//!
//! Each look at the runtime shows the stage and takes the Space one step further, so that a client that waits for it sees
//! every stage, however fast it asks.

use hub_types::space::{SpaceHardware, SpaceRuntime, SpaceStage, SpaceStorage};

use super::{RepoRecord, Result, Store};
use crate::store::database::{Connection, OptionalExtension, params};

/// Seconds without a visit after which a Space on free hardware would sleep: 48 hours.
const FREE_SLEEP_TIME: i64 = 172_800;

/// What decides whether a Space can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpaceFiles {
    /// The tip of its default branch.
    pub(crate) tip: String,
    /// Whether there is something to run.
    pub(crate) has_app: bool,
    /// Whether it is a folder of files for the browser, which runs on no machine.
    pub(crate) is_static: bool,
}

/// What a caller does to the runtime of a Space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SpaceAction {
    /// Looks, and takes it a step further.
    Look,
    /// Looks without changing it.
    Glance,
    Hardware(SpaceHardware, Option<i64>),
    Storage(SpaceStorage),
    SleepTime(i64),
    Pause,
    Restart,
    DevMode(bool),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    stage: SpaceStage,
    built: Option<String>,
    hardware: Option<SpaceHardware>,
    requested: SpaceHardware,
    storage: Option<SpaceStorage>,
    sleep_time: Option<i64>,
    dev_mode: bool,
}

impl Store {
    /// Does something to the runtime of a Space and returns what it is then.
    ///
    /// # Errors
    /// `RepoNotFound`.
    pub(crate) fn act_on_space(
        &self,
        repo: &RepoRecord,
        files: &SpaceFiles,
        action: &SpaceAction,
    ) -> Result<SpaceRuntime> {
        if *action == SpaceAction::Glance {
            let state = self.database().read(|connection| load(connection, repo))?;
            return Ok(state.unwrap_or_else(State::new).seen(files).shown(files));
        }
        self.database().write(|transaction| {
            super::repos::expect_repo(transaction, repo)?;
            let state = load(transaction, repo)?.unwrap_or_else(State::new).seen(files);
            let (shown, kept) = match action {
                SpaceAction::Look | SpaceAction::Glance => (state.clone(), state.next()),
                action => {
                    let state = state.after(action);
                    (state.clone(), state)
                }
            };
            save(transaction, repo, &kept)?;
            Ok(shown.shown(files))
        })
    }
}

impl State {
    fn new() -> Self {
        Self {
            stage: SpaceStage::NoAppFile,
            built: None,
            hardware: None,
            requested: SpaceHardware::CpuBasic,
            storage: None,
            sleep_time: None,
            dev_mode: false,
        }
    }

    fn runs(&self) -> bool {
        matches!(
            self.stage,
            SpaceStage::Running | SpaceStage::RunningBuilding | SpaceStage::RunningAppStarting
        )
    }

    /// What commits have made of it.
    fn seen(mut self, files: &SpaceFiles) -> Self {
        if self.stage == SpaceStage::Paused {
            return self;
        }
        if !files.has_app {
            self.stage = SpaceStage::NoAppFile;
            self.hardware = None;
            self.built = None;
        } else if self.built.as_deref() != Some(&files.tip) {
            self.built = Some(files.tip.clone());
            self.build();
        }
        if files.is_static && files.has_app {
            self.stage = SpaceStage::Running;
        }
        self
    }

    fn build(&mut self) {
        self.stage = if self.runs() { SpaceStage::RunningBuilding } else { SpaceStage::Building };
    }

    /// A step further.
    fn next(mut self) -> Self {
        self.stage = match self.stage {
            SpaceStage::Building => SpaceStage::AppStarting,
            SpaceStage::RunningBuilding => SpaceStage::RunningAppStarting,
            SpaceStage::AppStarting | SpaceStage::RunningAppStarting => {
                self.hardware = Some(self.requested.clone());
                SpaceStage::Running
            }
            other => other,
        };
        self
    }

    fn after(mut self, action: &SpaceAction) -> Self {
        match action {
            SpaceAction::Look | SpaceAction::Glance => {}
            SpaceAction::Hardware(flavor, sleep_time) => {
                self.requested = flavor.clone();
                if let Some(sleep_time) = sleep_time {
                    self.sleep_time = Some(*sleep_time);
                }
                if self.built.is_some() && self.hardware.as_ref() != Some(flavor) {
                    self.build();
                }
            }
            SpaceAction::Storage(storage) => self.storage = Some(storage.clone()),
            SpaceAction::SleepTime(seconds) => self.sleep_time = Some(*seconds),
            SpaceAction::Pause => {
                self.stage = SpaceStage::Paused;
                self.hardware = None;
            }
            SpaceAction::Restart if self.built.is_some() => self.build(),
            SpaceAction::Restart => self.stage = SpaceStage::NoAppFile,
            SpaceAction::DevMode(enabled) => self.dev_mode = *enabled,
        }
        self
    }

    fn shown(self, files: &SpaceFiles) -> SpaceRuntime {
        let mut runtime = SpaceRuntime::new(self.stage);
        if files.is_static {
            return runtime;
        }
        // Free hardware sleeps after a fixed time, whatever was asked for.
        let free = self.requested == SpaceHardware::CpuBasic;
        runtime.sleep_time = if free { Some(FREE_SLEEP_TIME) } else { self.sleep_time };
        runtime.hardware = self.hardware;
        runtime.requested_hardware = Some(self.requested);
        runtime.storage = self.storage;
        runtime.dev_mode = self.dev_mode;
        runtime
    }
}

fn load(connection: &Connection, repo: &RepoRecord) -> Result<Option<State>> {
    let word = |text: Option<String>| text.map(SpaceHardware::from);
    let state = connection
        .prepare(
            "SELECT stage, built, hardware, requested, storage, sleep_time, dev_mode FROM space_runtimes WHERE repo = ?1",
        )?
        .query_row([repo.key], |row| {
            Ok(State {
                stage: row.get::<_, String>(0)?.into(),
                built: row.get(1)?,
                hardware: word(row.get(2)?),
                requested: word(row.get(3)?).unwrap_or(SpaceHardware::CpuBasic),
                storage: row.get::<_, Option<String>>(4)?.map(SpaceStorage::from),
                sleep_time: row.get(5)?,
                dev_mode: row.get(6)?,
            })
        })
        .optional()?;
    Ok(state)
}

fn save(connection: &Connection, repo: &RepoRecord, state: &State) -> Result<()> {
    connection.execute(
        "INSERT INTO space_runtimes (repo, stage, built, hardware, requested, storage, sleep_time, dev_mode)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (repo) DO UPDATE SET stage = ?2, built = ?3, hardware = ?4, requested = ?5, storage = ?6,
             sleep_time = ?7, dev_mode = ?8",
        params![
            repo.key,
            state.stage.as_str(),
            state.built,
            state.hardware.as_ref().map(SpaceHardware::as_str),
            state.requested.as_str(),
            state.storage.as_ref().map(SpaceStorage::as_str),
            state.sleep_time,
            state.dev_mode
        ],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(tip: &str) -> SpaceFiles {
        SpaceFiles { tip: tip.to_owned(), has_app: true, is_static: false }
    }

    /// The stages that one look after the other shows.
    fn looks(mut state: State, files: &SpaceFiles, count: usize) -> (Vec<String>, State) {
        let mut stages = Vec::new();
        for _ in 0..count {
            state = state.seen(files);
            stages.push(state.stage.to_string());
            state = state.next();
        }
        (stages, state)
    }

    #[test]
    fn a_space_is_built_starts_and_runs() {
        let (stages, state) = looks(State::new(), &files("1"), 4);
        assert_eq!(stages, ["BUILDING", "APP_STARTING", "RUNNING", "RUNNING"]);
        assert_eq!(state.hardware, Some(SpaceHardware::CpuBasic));
    }

    #[test]
    fn a_space_that_runs_goes_on_running_while_a_commit_is_built() {
        let (_, state) = looks(State::new(), &files("1"), 4);
        let (stages, _) = looks(state, &files("2"), 3);
        assert_eq!(stages, ["RUNNING_BUILDING", "RUNNING_APP_STARTING", "RUNNING"]);
    }

    #[test]
    fn a_paused_space_stays_so_until_it_is_restarted() {
        let (_, state) = looks(State::new(), &files("1"), 4);
        let (stages, state) = looks(state.after(&SpaceAction::Pause), &files("2"), 2);
        assert_eq!(stages, ["PAUSED", "PAUSED"]);
        let (stages, _) = looks(state.after(&SpaceAction::Restart), &files("2"), 3);
        assert_eq!(stages, ["BUILDING", "APP_STARTING", "RUNNING"]);
    }

    #[test]
    fn other_hardware_is_requested_first_and_there_later() {
        let (_, state) = looks(State::new(), &files("1"), 4);
        let state = state.after(&SpaceAction::Hardware(SpaceHardware::T4Small, Some(-1)));
        let shown = state.clone().shown(&files("1"));
        assert_eq!(shown.hardware, Some(SpaceHardware::CpuBasic));
        assert_eq!(shown.requested_hardware, Some(SpaceHardware::T4Small));
        assert_eq!(shown.sleep_time, Some(-1));
        let (_, state) = looks(state, &files("1"), 3);
        assert_eq!(state.hardware, Some(SpaceHardware::T4Small));
    }

    #[test]
    fn without_an_app_nothing_runs_and_a_static_space_needs_no_machine() {
        let none = SpaceFiles { has_app: false, ..files("1") };
        assert_eq!(looks(State::new(), &none, 2).0, ["NO_APP_FILE", "NO_APP_FILE"]);
        let page = SpaceFiles { is_static: true, ..files("1") };
        let (stages, state) = looks(State::new(), &page, 1);
        assert_eq!(stages, ["RUNNING"]);
        assert_eq!(state.shown(&page), SpaceRuntime::new(SpaceStage::Running));
    }
}
