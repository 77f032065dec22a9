//! `hub spaces`

use std::time::Duration;

use hub_api::{
    RepoType,
    types::space::{SpaceRuntime, SpaceSetting, SpaceStage},
};
use serde_json::json;

use crate::{
    args::{DeleteSetting, SpaceSecrets, SpaceSettings, SpaceVariables, Spaces, WaitForSpace},
    client::Session,
    command::{agreed, key_values, kind},
    failure::{Code, Failure},
    output::Brief,
};

/// How long to wait between two looks at a Space that is built.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

pub(crate) async fn run(session: &Session, args: Spaces) -> Result<(), Failure> {
    let runtime = match args {
        Spaces::Kind(args) => return kind::run(session, RepoType::Space, args).await,
        Spaces::Secrets(args) => return secrets(session, args).await,
        Spaces::Variables(args) => return variables(session, args).await,
        Spaces::Hardware => return hardware(session).await,
        Spaces::Templates => return templates(session).await,
        Spaces::Settings(args) => settings(session, args).await?,
        Spaces::Pause(args) => session.api().await?.pause_space(args.space_id).await?,
        Spaces::Restart(args) => {
            let restart = session.api().await?.restart_space(args.space.space_id);
            restart.factory_reboot(args.factory_reboot).await?
        }
        Spaces::DevMode(args) => {
            session.api().await?.set_space_dev_mode(args.space.space_id, !args.stop).await?
        }
        Spaces::Wait(args) => wait(session, args).await?,
    };
    show(session, &runtime)
}

fn show(session: &Session, runtime: &SpaceRuntime) -> Result<(), Failure> {
    let human = || {
        let on = runtime.hardware.as_ref().map(|hardware| format!(" on {hardware}")).unwrap_or_default();
        match &runtime.requested_hardware {
            Some(requested) if runtime.hardware.as_ref() != Some(requested) => {
                format!("{}{on}, {requested} is requested", runtime.stage)
            }
            _ => format!("{}{on}", runtime.stage),
        }
    };
    session.output.value(runtime, human, Brief::One(runtime.stage.as_str()))
}

async fn secrets(session: &Session, args: SpaceSecrets) -> Result<(), Failure> {
    let api = session.api().await?;
    match args {
        SpaceSecrets::Add(args) => {
            let secrets = some(key_values::secrets(&args.secrets)?, "-s or --secrets-file")?;
            for SpaceSetting { key, value, .. } in &secrets {
                api.add_space_secret(&args.space.space_id, key, value).await?;
            }
            changed(session, "Set", secrets.iter().map(|secret| secret.key.as_str()).collect())
        }
        SpaceSecrets::Delete(args) => {
            ask(&args)?;
            api.delete_space_secret(&args.space.space_id, &args.key).await?;
            changed(session, "Removed", vec![&args.key])
        }
        SpaceSecrets::List(args) => {
            let secrets: Vec<_> = api.get_space_secrets(args.space_id).await?.into_values().collect();
            session.output.table(
                &["KEY", "DESCRIPTION"],
                &secrets,
                |secret| vec![secret.key.clone(), secret.description.clone().unwrap_or_default()],
                |secret| secret.key.clone(),
            )
        }
    }
}

async fn variables(session: &Session, args: SpaceVariables) -> Result<(), Failure> {
    let api = session.api().await?;
    match args {
        SpaceVariables::Add(args) => {
            let variables = some(key_values::variables(&args.variables)?, "-e or --env-file")?;
            for SpaceSetting { key, value, .. } in &variables {
                api.add_space_variable(&args.space.space_id, key, value).await?;
            }
            changed(session, "Set", variables.iter().map(|variable| variable.key.as_str()).collect())
        }
        SpaceVariables::Delete(args) => {
            ask(&args)?;
            api.delete_space_variable(&args.space.space_id, &args.key).await?;
            changed(session, "Removed", vec![&args.key])
        }
        SpaceVariables::List(args) => {
            let variables: Vec<_> = api.get_space_variables(args.space_id).await?.into_values().collect();
            session.output.table(
                &["KEY", "VALUE"],
                &variables,
                |variable| vec![variable.key.clone(), variable.value.clone()],
                |variable| variable.key.clone(),
            )
        }
    }
}

fn changed(session: &Session, what: &str, keys: Vec<&str>) -> Result<(), Failure> {
    let human = || format!("{what} {}.", keys.join(", "));
    let brief = Brief::Lines(keys.iter().map(|&key| key.to_owned()).collect());
    session.output.value(&json!({ "keys": keys }), human, brief)
}

fn ask(args: &DeleteSetting) -> Result<(), Failure> {
    agreed(args.yes, &format!("Remove {} from {}?", args.key, args.space.space_id))
}

fn some(settings: Vec<SpaceSetting>, flags: &str) -> Result<Vec<SpaceSetting>, Failure> {
    if settings.is_empty() {
        return Err(Failure::new(Code::Usage, format!("nothing is to be set: say what with {flags}")));
    }
    Ok(settings)
}

async fn settings(session: &Session, args: SpaceSettings) -> Result<SpaceRuntime, Failure> {
    let api = session.api().await?;
    let id = args.space.space_id;
    match (args.hardware, args.sleep_time) {
        (Some(hardware), sleep_time) => {
            let mut call = api.request_space_hardware(id, hardware);
            if let Some(seconds) = sleep_time {
                call = call.sleep_time(seconds);
            }
            Ok(call.await?)
        }
        (None, Some(seconds)) => Ok(api.set_space_sleep_time(id, seconds).await?),
        (None, None) => Err(Failure::new(Code::Usage, "say --hardware or --sleep-time")),
    }
}

async fn hardware(session: &Session) -> Result<(), Failure> {
    let all = session.api().await?.list_spaces_hardware().await?;
    session.output.table(
        &["NAME", "CPU", "RAM", "ACCELERATOR", "PRICE"],
        &all,
        |one| {
            let accelerator = one.accelerator.as_ref();
            let accelerator =
                accelerator.map_or_else(String::new, |gpu| format!("{}x {}", gpu.quantity, gpu.model));
            let price = format!("${} a {}", one.unit_cost_usd, one.unit_label);
            vec![one.name.to_string(), one.cpu.clone(), one.ram.clone(), accelerator, price]
        },
        |one| one.name.to_string(),
    )
}

async fn templates(session: &Session) -> Result<(), Failure> {
    let all = session.api().await?.list_space_templates().await?;
    session.output.table(
        &["NAME", "REPO", "SDK", "PRIVATE"],
        &all,
        |one| {
            let private = if one.preferred_private { "preferred" } else { "" };
            vec![one.name.clone(), one.repo_id.to_string(), one.sdk.clone(), private.to_owned()]
        },
        |one| one.repo_id.to_string(),
    )
}

async fn wait(session: &Session, args: WaitForSpace) -> Result<SpaceRuntime, Failure> {
    let api = session.api().await?;
    let id = args.space.space_id;
    let until_it_stays = async {
        loop {
            let runtime = api.get_space_runtime(&id).await?;
            if !runtime.stage.is_passing() {
                return Ok::<_, Failure>(runtime);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    let runtime = match args.timeout {
        None => until_it_stays.await?,
        Some(seconds) => {
            let waited = tokio::time::timeout(Duration::from_secs(seconds), until_it_stays).await;
            waited.map_err(|_| {
                Failure::new(Code::Failed, format!("the Space {id} has not started after {seconds} seconds"))
            })??
        }
    };
    if runtime.stage == SpaceStage::Running {
        return Ok(runtime);
    }
    Err(Failure::new(Code::Failed, format!("the Space {id} does not run: it is {}", runtime.stage)))
}
