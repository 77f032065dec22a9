//! What only Spaces have: secrets, variables, and a runtime that is simulated.

use http::{Method, Response, request::Parts};
use hub_types::{
    route::SpaceRoute,
    space::{
        DevModeRequest, HardwareRequest, NewSpace, SleepTimeRequest, SpaceHardware, SpaceHardwareInfo,
        SpaceRuntime, SpaceSetting, SpaceSettingKey,
    },
};
use serde_json::{Map, json};

use super::{JSON_LIMIT, read_json, timestamp};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    card,
    context::{Context, Inner},
    respond,
    route::rights::Access,
    store::{RepoRecord, SettingKind, SpaceAction, SpaceFiles},
};

/// Most bytes of a value.
const MAX_VALUE: usize = 64 * 1024;
/// The sizes of storage that can be asked for.
const STORAGE: [&str; 3] = ["small", "medium", "large"];

/// The machines that can be asked for. They cost nothing here, and none of them exists.
pub(crate) fn hardware() -> Vec<SpaceHardwareInfo> {
    let cpu = |name: &str, pretty: &str, cpu: &str, ram: &str| {
        SpaceHardwareInfo::new(SpaceHardware::from(name), pretty, cpu, ram)
    };
    vec![
        cpu("cpu-basic", "CPU Basic", "2 vCPU", "16 GB"),
        cpu("cpu-upgrade", "CPU Upgrade", "8 vCPU", "32 GB"),
        cpu("zero-a10g", "ZeroGPU", "2 vCPU", "16 GB"),
        cpu("t4-small", "Nvidia T4 - small", "4 vCPU", "15 GB").gpu("T4", "1", "16 GB"),
        cpu("t4-medium", "Nvidia T4 - medium", "8 vCPU", "30 GB").gpu("T4", "1", "16 GB"),
        cpu("l4x1", "1x Nvidia L4", "8 vCPU", "30 GB").gpu("L4", "1", "24 GB"),
        cpu("l4x4", "4x Nvidia L4", "48 vCPU", "186 GB").gpu("L4", "4", "96 GB"),
        cpu("l40sx1", "1x Nvidia L40S", "8 vCPU", "62 GB").gpu("L40S", "1", "48 GB"),
        cpu("l40sx4", "4x Nvidia L40S", "48 vCPU", "382 GB").gpu("L40S", "4", "192 GB"),
        cpu("l40sx8", "8x Nvidia L40S", "192 vCPU", "1534 GB").gpu("L40S", "8", "384 GB"),
        cpu("a10g-small", "Nvidia A10G - small", "4 vCPU", "15 GB").gpu("A10G", "1", "24 GB"),
        cpu("a10g-large", "Nvidia A10G - large", "12 vCPU", "46 GB").gpu("A10G", "1", "24 GB"),
        cpu("a10g-largex2", "2x Nvidia A10G - large", "24 vCPU", "92 GB").gpu("A10G", "2", "48 GB"),
        cpu("a10g-largex4", "4x Nvidia A10G - large", "48 vCPU", "184 GB").gpu("A10G", "4", "96 GB"),
        cpu("a100-large", "Nvidia A100 - large", "12 vCPU", "142 GB").gpu("A100", "1", "80 GB"),
        cpu("a100x4", "4x Nvidia A100", "48 vCPU", "568 GB").gpu("A100", "4", "320 GB"),
        cpu("a100x8", "8x Nvidia A100", "96 vCPU", "1136 GB").gpu("A100", "8", "640 GB"),
    ]
}

/// Answers for one of the URLs of a Space.
pub(crate) async fn response(
    context: &Context,
    access: Access,
    parts: &Parts,
    body: &mut Incoming,
    route: SpaceRoute,
) -> Result<Response<Body>, ApiError> {
    let action = match route {
        SpaceRoute::Secrets => return settings(context, access, parts, body, SettingKind::Secret).await,
        SpaceRoute::Variables => return settings(context, access, parts, body, SettingKind::Variable).await,
        SpaceRoute::Runtime => SpaceAction::Look,
        SpaceRoute::Hardware => {
            let request: HardwareRequest = read_json(body, JSON_LIMIT).await?;
            check_hardware(&request.flavor)?;
            if let Some(seconds) = request.sleep_time_seconds {
                check_sleep_time(seconds)?;
            }
            SpaceAction::Hardware(request.flavor, request.sleep_time_seconds)
        }
        SpaceRoute::SleepTime => {
            let request: SleepTimeRequest = read_json(body, JSON_LIMIT).await?;
            check_sleep_time(request.seconds)?;
            SpaceAction::SleepTime(request.seconds)
        }
        SpaceRoute::Pause => SpaceAction::Pause,
        SpaceRoute::Restart => SpaceAction::Restart,
        SpaceRoute::DevMode => {
            let request: DevModeRequest = read_json(body, JSON_LIMIT).await?;
            SpaceAction::DevMode(request.enabled)
        }
    };
    let runtime = context
        .blocking(move |hub| {
            let files = files(hub, &access.repo)?;
            if files.is_static && action != SpaceAction::Look {
                return Err(ApiError::bad_request(
                    "a static Space runs on no machine: it has no hardware and cannot be paused or restarted",
                ));
            }
            Ok(hub.store.act_on_space(&access.repo, &files, &action)?)
        })
        .await?;
    respond::ok(&runtime)
}

async fn settings(
    context: &Context,
    access: Access,
    parts: &Parts,
    body: &mut Incoming,
    kind: SettingKind,
) -> Result<Response<Body>, ApiError> {
    let change = match parts.method {
        Method::POST => {
            let setting: SpaceSetting = read_json(body, JSON_LIMIT).await?;
            check_setting(&setting)?;
            Some(Ok(setting))
        }
        Method::DELETE => Some(Err(read_json::<SpaceSettingKey>(body, JSON_LIMIT).await?.key)),
        _ => None,
    };
    let changes = change.is_some();
    if let Some(change) = &change {
        let key = change.as_ref().map_or_else(|key| key, |setting| &setting.key);
        context.details(json!({"key": key}));
    }
    let stored = context
        .blocking(move |hub| {
            match change {
                Some(Ok(setting)) => hub.store.set_space_settings(&access.repo, kind, &[setting])?,
                Some(Err(key)) => hub.store.remove_space_setting(&access.repo, kind, &key)?,
                None => {}
            }
            Ok(hub.store.space_settings(&access.repo, kind)?)
        })
        .await?;
    if changes && kind == SettingKind::Secret {
        return respond::ok(&json!({}));
    }
    let mut response = Map::new();
    for stored in stored {
        let SpaceSetting { key, value, description, .. } = stored.setting;
        let description = description.unwrap_or_default();
        let updated_at = timestamp(stored.updated_at);
        let entry = match kind {
            SettingKind::Secret => json!({ "key": key, "description": description, "updatedAt": updated_at }),
            SettingKind::Variable => {
                json!({ "key": key, "value": value, "description": description, "updatedAt": updated_at })
            }
        };
        response.insert(key, entry);
    }
    respond::ok(&response)
}

/// Whether what a new Space is to be given can be given to it.
pub(super) fn check_new(space: &NewSpace) -> Result<(), ApiError> {
    space.hardware.as_ref().map(check_hardware).transpose()?;
    space.sleep_time_seconds.map(check_sleep_time).transpose()?;
    if let Some(storage) = space.storage.as_ref().filter(|storage| !STORAGE.contains(&storage.as_str())) {
        return Err(ApiError::bad_request(format!(
            "\"storageTier\" must be one of {}, not \"{storage}\"",
            STORAGE.join(", ")
        )));
    }
    space.secrets.iter().chain(&space.variables).try_for_each(check_setting)
}

/// Gives a new Space what was asked for; checked before.
pub(super) fn equip(hub: &Inner, repo: &RepoRecord, space: &NewSpace) -> Result<(), ApiError> {
    hub.store.set_space_settings(repo, SettingKind::Secret, &space.secrets)?;
    hub.store.set_space_settings(repo, SettingKind::Variable, &space.variables)?;
    let hardware = space.hardware.clone().map(|flavor| SpaceAction::Hardware(flavor, None));
    let sleep_time = space.sleep_time_seconds.map(SpaceAction::SleepTime);
    let storage = space.storage.clone().map(SpaceAction::Storage);
    let files = files(hub, repo)?;
    for action in [hardware, sleep_time, storage].into_iter().flatten() {
        hub.store.act_on_space(repo, &files, &action)?;
    }
    Ok(())
}

/// The runtime as others see it, who change nothing by looking.
pub(crate) fn glance(hub: &Inner, repo: &RepoRecord) -> Result<SpaceRuntime, ApiError> {
    Ok(hub.store.act_on_space(repo, &files(hub, repo)?, &SpaceAction::Glance)?)
}

/// What its files say about how a Space runs: the SDK and the file to run, from the front matter of its README.
fn files(hub: &Inner, repo: &RepoRecord) -> Result<SpaceFiles, ApiError> {
    let git = hub.store.git(repo)?;
    let tip = git.resolve(&git.default_branch()?)?;
    let card = git.card(tip)?;
    let said = |name: &str| card.as_ref().and_then(|card| card::text(card, name));
    let sdk = said("sdk").or_else(|| repo.sdk.clone()).unwrap_or_default();
    let usual = match sdk.as_str() {
        "docker" => "Dockerfile",
        "static" => "index.html",
        _ => "app.py",
    };
    let app = said("app_file").unwrap_or_else(|| usual.to_owned());
    let has_app = git.entry(tip, &app)?.is_some();
    Ok(SpaceFiles { tip: tip.to_string(), has_app, is_static: sdk == "static" })
}

fn check_setting(setting: &SpaceSetting) -> Result<(), ApiError> {
    let mut letters = setting.key.bytes();
    let fits = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !fits {
        return Err(ApiError::bad_request(
            "\"key\" must start with a letter and have letters, digits and underscores only",
        ));
    }
    if setting.value.len() > MAX_VALUE {
        return Err(ApiError::bad_request(format!("\"value\" is longer than {MAX_VALUE} bytes")));
    }
    Ok(())
}

fn check_hardware(flavor: &SpaceHardware) -> Result<(), ApiError> {
    if hardware().iter().any(|known| known.name == *flavor) {
        return Ok(());
    }
    Err(ApiError::bad_request(format!(
        "this hub has no hardware \"{flavor}\"; GET /api/spaces/hardware lists what it has"
    )))
}

fn check_sleep_time(seconds: i64) -> Result<(), ApiError> {
    if seconds == -1 || seconds > 0 {
        return Ok(());
    }
    Err(ApiError::bad_request("the sleep time must be a number of seconds above 0, or -1 for never"))
}
