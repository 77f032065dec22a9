//! `hub spaces`

use std::{path::Path, time::Duration};

use hub_api::{
    RepoType,
    types::space::{SpaceRuntime, SpaceStage},
};
use serde_json::json;

use crate::{
    args::{
        DeleteSetting, SecretsArgs, SpaceSecrets, SpaceSettings, SpaceVariables, Spaces, VariablesArgs,
        WaitForSpace,
    },
    client::Session,
    command::{confirm, kind},
    failure::{Code, Failure},
};

/// How long to wait between two looks at a Space that is built.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

pub(crate) async fn run(session: &Session, args: Spaces) -> Result<(), Failure> {
    let runtime = match args {
        Spaces::Kind(args) => return kind::run(session, RepoType::Space, args).await,
        Spaces::Secrets(args) => return secrets(session, args).await,
        Spaces::Variables(args) => return variables(session, args).await,
        Spaces::Hardware => return hardware(session).await,
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
    session.output.value_or_quiet(runtime, human, Some(runtime.stage.as_str()))
}

async fn secrets(session: &Session, args: SpaceSecrets) -> Result<(), Failure> {
    let api = session.api().await?;
    match args {
        SpaceSecrets::Add(args) => {
            let SecretsArgs { secrets, secrets_file } = &args.secrets;
            let pairs = given(pairs(secrets, secrets_file.as_deref())?, "--secrets")?;
            for (key, value) in &pairs {
                api.add_space_secret(&args.space.space_id, key, value).await?;
            }
            changed(session, "Set", pairs.iter().map(|(key, _)| key.as_str()).collect())
        }
        SpaceSecrets::Delete(args) => {
            ask(&args)?;
            api.delete_space_secret(&args.space.space_id, &args.key).await?;
            changed(session, "Removed", vec![&args.key])
        }
        SpaceSecrets::List(args) => {
            let secrets: Vec<_> = api.get_space_secrets(args.space_id).await?.into_values().collect();
            for secret in &secrets {
                let description = secret.description.as_deref().unwrap_or_default();
                let line = || format!("{}  {description}", secret.key).trim_end().to_owned();
                session.output.item(line, &secret.key)?;
            }
            session.output.list(&secrets)
        }
    }
}

async fn variables(session: &Session, args: SpaceVariables) -> Result<(), Failure> {
    let api = session.api().await?;
    match args {
        SpaceVariables::Add(args) => {
            let VariablesArgs { env, env_file } = &args.variables;
            let pairs = given(pairs(env, env_file.as_deref())?, "--env")?;
            for (key, value) in &pairs {
                api.add_space_variable(&args.space.space_id, key, value).await?;
            }
            changed(session, "Set", pairs.iter().map(|(key, _)| key.as_str()).collect())
        }
        SpaceVariables::Delete(args) => {
            ask(&args)?;
            api.delete_space_variable(&args.space.space_id, &args.key).await?;
            changed(session, "Removed", vec![&args.key])
        }
        SpaceVariables::List(args) => {
            let variables: Vec<_> = api.get_space_variables(args.space_id).await?.into_values().collect();
            for variable in &variables {
                session.output.item(|| format!("{}={}", variable.key, variable.value), &variable.key)?;
            }
            session.output.list(&variables)
        }
    }
}

fn changed(session: &Session, what: &str, keys: Vec<&str>) -> Result<(), Failure> {
    let human = || format!("{what} {}.", keys.join(", "));
    session.output.value_or_quiet(&json!({ "keys": keys }), human, Some(&keys.join("\n")))
}

fn ask(args: &DeleteSetting) -> Result<(), Failure> {
    if args.yes || confirm(&format!("Remove {} from {}?", args.key, args.space.space_id)) {
        return Ok(());
    }
    Err(Failure::new(Code::Usage, "nothing was removed: confirm with --yes"))
}

/// At least one.
fn given(pairs: Vec<(String, String)>, flag: &str) -> Result<Vec<(String, String)>, Failure> {
    if pairs.is_empty() {
        return Err(Failure::new(
            Code::Usage,
            format!("nothing to set: say {flag} KEY=VALUE, or {flag}-file FILE"),
        ));
    }
    Ok(pairs)
}

/// Keys and values from the command line, the environment and a file.
pub(crate) fn pairs(given: &[String], file: Option<&Path>) -> Result<Vec<(String, String)>, Failure> {
    let mut lines: Vec<String> = Vec::new();
    if let Some(file) = file {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::other(format!("cannot read {}", file.display()), error))?;
        let meant = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.extend(meant.map(str::to_owned));
    }
    lines.extend(given.iter().cloned());
    lines
        .iter()
        .map(|line| match line.split_once('=') {
            Some((key, value)) => Ok((key.trim().to_owned(), value.trim_matches('"').to_owned())),
            None => match std::env::var(line) {
                Ok(value) => Ok((line.clone(), value)),
                Err(_) => Err(Failure::new(
                    Code::Usage,
                    "a key without a value stands for an environment variable, and there is none of that name",
                )),
            },
        })
        .collect()
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
    for one in &all {
        let accelerator = one.accelerator.as_ref();
        let accelerator =
            accelerator.map_or_else(String::new, |gpu| format!("{}x {}", gpu.quantity, gpu.model));
        let name = one.name.as_str();
        let line = || {
            let price = format!("${} a {}", one.unit_cost_usd, one.unit_label);
            format!("{name:<14}  {:<9}  {:<8}  {accelerator:<10}  {price}", one.cpu, one.ram)
        };
        session.output.item(line, name)?;
    }
    session.output.list(&all)
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
