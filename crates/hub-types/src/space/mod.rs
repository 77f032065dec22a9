//! What Spaces have that other repositories have not: a runtime, secrets, variables.

mod hardware;
mod template;
mod words;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

pub use hardware::{Accelerator, SpaceHardwareInfo};
pub use template::{SpaceTemplate, SpaceTemplates};
pub use words::{SpaceHardware, SpaceStage, SpaceStorage};

use crate::{Extra, RepoId, Timestamp, setters::setters};

/// What a Space runs on and how far it is. Python: `SpaceRuntime`. Endpoint: `GET /api/spaces/{id}/runtime`.
///
/// ```
/// use hub_types::space::{SpaceRuntime, SpaceStage};
/// let runtime: SpaceRuntime = serde_json::from_str(
///     r#"{"stage":"BUILDING","hardware":{"current":null,"requested":"t4-small"},"gcTimeout":-1,"replicas":{"current":1}}"#,
/// )?;
/// assert_eq!(runtime.stage, SpaceStage::Building);
/// assert_eq!(runtime.requested_hardware.as_ref().map(|hardware| hardware.as_str()), Some("t4-small"));
/// assert_eq!(runtime.raw()["replicas"]["current"], 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "RuntimeMessage", into = "RuntimeMessage")]
#[non_exhaustive]
pub struct SpaceRuntime {
    /// How far it is.
    pub stage: SpaceStage,
    /// What it runs on; none while it is built for the first time, and for static Spaces.
    pub hardware: Option<SpaceHardware>,
    /// What it shall run on; none if nothing was asked for.
    pub requested_hardware: Option<SpaceHardware>,
    /// Seconds without a visit after which it goes to sleep; -1 and none mean never, but on `cpu-basic` 48 hours.
    pub sleep_time: Option<i64>,
    /// What it may keep beyond a restart.
    pub storage: Option<SpaceStorage>,
    /// Whether it can be changed while it runs.
    pub dev_mode: bool,
    /// Everything else that the server sent.
    pub extra: Extra,
    /// What it sent of the hardware beside what runs and what was asked for.
    hardware_extra: Extra,
}

impl SpaceRuntime {
    /// A runtime in this stage, with everything else left out.
    pub fn new(stage: SpaceStage) -> Self {
        Self {
            stage,
            hardware: None,
            requested_hardware: None,
            sleep_time: None,
            storage: None,
            dev_mode: false,
            extra: Extra::new(),
            hardware_extra: Extra::new(),
        }
    }

    /// The whole message. Python: `raw`.
    pub fn raw(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A [`SpaceRuntime`] as it travels.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeMessage {
    stage: SpaceStage,
    /// Clients of 2023 read three words without looking whether they are there, so they are always written.
    #[serde(default, deserialize_with = "crate::lenient::optional")]
    hardware: Option<HardwareMessage>,
    #[serde(default, deserialize_with = "crate::lenient::optional")]
    storage: Option<SpaceStorage>,
    #[serde(default, deserialize_with = "crate::lenient::optional")]
    gc_timeout: Option<i64>,
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    dev_mode: bool,
    #[serde(flatten)]
    extra: Extra,
}

#[derive(Default, Serialize, Deserialize)]
struct HardwareMessage {
    #[serde(default, deserialize_with = "crate::lenient::optional")]
    current: Option<SpaceHardware>,
    #[serde(default, deserialize_with = "crate::lenient::optional")]
    requested: Option<SpaceHardware>,
    #[serde(flatten)]
    extra: Extra,
}

impl From<RuntimeMessage> for SpaceRuntime {
    fn from(message: RuntimeMessage) -> Self {
        let hardware = message.hardware.unwrap_or_default();
        Self {
            stage: message.stage,
            hardware: hardware.current,
            requested_hardware: hardware.requested,
            sleep_time: message.gc_timeout,
            storage: message.storage,
            dev_mode: message.dev_mode,
            extra: message.extra,
            hardware_extra: hardware.extra,
        }
    }
}

impl From<SpaceRuntime> for RuntimeMessage {
    fn from(runtime: SpaceRuntime) -> Self {
        let SpaceRuntime { stage, hardware: current, requested_hardware: requested, .. } = runtime;
        let extra = runtime.hardware_extra;
        Self {
            stage,
            hardware: Some(HardwareMessage { current, requested, extra }),
            storage: runtime.storage,
            gc_timeout: runtime.sleep_time,
            dev_mode: runtime.dev_mode,
            extra: runtime.extra,
        }
    }
}

/// A secret of a Space, without its value, which no server gives out. Python: `SpaceSecret`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SpaceSecret {
    /// Name of the environment variable.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub key: String,
    /// What it is for.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was last set.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// A variable of a Space. Python: `SpaceVariable`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SpaceVariable {
    /// Name of the environment variable.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub key: String,
    /// Its value, which everybody who sees the Space can read.
    pub value: String,
    /// What it is for.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was last set.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// The secrets of a Space by key. Endpoint: `GET /api/spaces/{id}/secrets`.
pub type SpaceSecrets = BTreeMap<String, SpaceSecret>;
/// The variables of a Space by key. Endpoint: `GET /api/spaces/{id}/variables`.
pub type SpaceVariables = BTreeMap<String, SpaceVariable>;

/// A secret or variable to be set: the body of `POST /api/spaces/{id}/secrets` and `.../variables`, and an element of what
/// a new Space is given. Its `Debug` form does not show the value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SpaceSetting {
    /// Name of the environment variable: a letter, then letters, digits and `_`.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl SpaceSetting {
    /// Without a description.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), description: None }
    }

    setters! {
        /// What it is for. Default left out.
        description: Option<String>,
    }
}

impl fmt::Debug for SpaceSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpaceSetting")
            .field("key", &self.key)
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

/// The body of `DELETE /api/spaces/{id}/secrets` and `.../variables`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SpaceSettingKey {
    /// Which one.
    pub key: String,
}

impl SpaceSettingKey {
    /// The secret or variable of this name.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into() }
    }
}

/// The body of `POST /api/spaces/{id}/hardware`. Python: `request_space_hardware`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HardwareRequest {
    /// What it shall run on.
    pub flavor: SpaceHardware,
    /// Seconds without a visit after which it goes to sleep; -1 for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep_time_seconds: Option<i64>,
}

impl HardwareRequest {
    /// Asks for this hardware.
    pub fn new(flavor: impl Into<SpaceHardware>) -> Self {
        Self { flavor: flavor.into(), sleep_time_seconds: None }
    }

    setters! {
        /// Seconds without a visit after which it goes to sleep; -1 for never. Default the server's.
        sleep_time_seconds: Option<i64>,
    }
}

/// The body of `POST /api/spaces/{id}/sleeptime`. Python: `set_space_sleep_time`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SleepTimeRequest {
    /// Seconds without a visit; -1 for never.
    pub seconds: i64,
}

impl SleepTimeRequest {
    /// Sleeps after this many seconds without a visit; -1 for never.
    pub fn new(seconds: i64) -> Self {
        Self { seconds }
    }
}

/// The body of `POST /api/spaces/{id}/dev-mode`. Python: `enable_space_dev_mode`, `disable_space_dev_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DevModeRequest {
    /// Whether it can be changed while it runs.
    pub enabled: bool,
}

impl DevModeRequest {
    /// Says whether it can be changed while it runs.
    pub fn new(enabled: bool) -> Self {
        Self { enabled }
    }
}

/// What a new Space is given besides its files: part of creating and of duplicating one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewSpace {
    /// What it shall run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<SpaceHardware>,
    /// What it may keep beyond a restart.
    #[serde(default, rename = "storageTier", skip_serializing_if = "Option::is_none")]
    pub storage: Option<SpaceStorage>,
    /// Seconds without a visit after which it goes to sleep; -1 for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep_time_seconds: Option<i64>,
    /// Its secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SpaceSetting>,
    /// Its variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<SpaceSetting>,
}

impl NewSpace {
    /// Everything as the server gives it.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// What it shall run on. Default the server's.
        hardware: Option<SpaceHardware>,
        /// What it may keep beyond a restart. Default nothing.
        storage: Option<SpaceStorage>,
        /// Seconds without a visit after which it goes to sleep; -1 for never. Default the server's.
        sleep_time_seconds: Option<i64>,
        /// Its secrets. Default none.
        secrets: Vec<SpaceSetting>,
        /// Its variables. Default none.
        variables: Vec<SpaceSetting>,
    }
}

/// The body of `POST /api/{models}/{id}/duplicate`. Python: `duplicate_space`, `duplicate_repo`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DuplicateRequest {
    /// What the copy shall be called: `namespace/name`.
    pub repository: RepoId,
    /// Whether only its owners see the copy; none means as the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    /// `public`, `private`, or for Spaces `protected`; another way to say `private`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// The resource group of an organisation that the copy belongs to.
    #[serde(default, rename = "resourceGroupId", skip_serializing_if = "Option::is_none")]
    pub resource_group_id: Option<String>,
    /// What a Space is given.
    #[serde(flatten)]
    pub space: NewSpace,
}

impl DuplicateRequest {
    /// A copy of this name, as the original.
    pub fn new(repository: RepoId) -> Self {
        Self { repository, private: None, visibility: None, resource_group_id: None, space: NewSpace::new() }
    }

    setters! {
        /// Whether only its owners see the copy. Default as the original.
        private: Option<bool>,
        /// `public`, `private`, or for Spaces `protected`; another way to say `private`. Default left out.
        visibility: Option<String>,
        /// The resource group of an organisation that the copy belongs to. Default none.
        resource_group_id: Option<String>,
        /// What a Space is given. Default nothing.
        space: NewSpace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_new_is_kept() {
        for word in ["RUNNING", "RUNNING_APP_STARTING", "HIBERNATING"] {
            let stage: SpaceStage = serde_json::from_value(word.into()).unwrap();
            assert_eq!(stage.to_string(), word);
            assert_eq!(serde_json::to_value(&stage).unwrap(), word);
        }
        assert_eq!(SpaceHardware::from("t4-small"), SpaceHardware::T4Small);
        assert_eq!(SpaceHardware::from("tpu-v9"), SpaceHardware::Other("tpu-v9".into()));
    }

    #[test]
    fn a_runtime_keeps_what_is_new_and_takes_what_is_missing() {
        let json = serde_json::json!({
            "stage": "RUNNING", "hardware": {"current": "cpu-basic", "requested": null}, "storage": "small",
            "gcTimeout": 172_800, "devMode": true, "replicas": {"current": 1, "requested": 1}, "new": [1],
        });
        let runtime: SpaceRuntime = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(runtime.raw(), json);
        let bare: SpaceRuntime = serde_json::from_str(r#"{"stage":"PAUSED"}"#).unwrap();
        assert_eq!(bare, SpaceRuntime::new(SpaceStage::Paused));
    }

    #[test]
    fn the_value_of_a_secret_is_not_shown() {
        let secret = SpaceSetting::new("API_KEY", "s3cr3t");
        assert!(!format!("{secret:?}").contains("s3cr3t"));
        let new = NewSpace::new().secrets(vec![secret]);
        assert!(!format!("{new:?}").contains("s3cr3t"));
    }
}
