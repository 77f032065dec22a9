//! Creates a Space, gives it a secret and hardware, and waits until it runs.
//!
//! `cargo run --example manage_space -- ada/my-app`

use std::{env, error::Error, time::Duration};

use hub_api::{
    HfApi, RepoType,
    types::space::{SpaceHardware, SpaceStage},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let space = env::args().nth(1).ok_or("name a Space")?;
    let wait = Duration::from_millis(200);

    let api = HfApi::from_env()?;
    api.create_repo(&space).repo_type(RepoType::Space).space_sdk("gradio").exist_ok(true).await?;
    api.add_space_secret(&space, "API_KEY", "s3cr3t").description("for the weather service").await?;
    api.add_space_variable(&space, "MODE", "fast").await?;
    api.upload_file(&b"print('hello')"[..], "app.py", &space).repo_type(RepoType::Space).await?;

    for (key, variable) in api.get_space_variables(&space).await? {
        println!("{key}={}", variable.value);
    }
    for key in api.get_space_secrets(&space).await?.keys() {
        println!("{key} is a secret");
    }

    // On the public Hub this costs money, by the hour: the Space goes to sleep after five idle minutes.
    api.request_space_hardware(&space, SpaceHardware::T4Small).sleep_time(300).await?;
    loop {
        let stage = api.get_space_runtime(&space).await?.stage;
        println!("{stage}");
        match stage {
            SpaceStage::Running => break,
            SpaceStage::BuildError | SpaceStage::RuntimeError => return Err("the Space does not run".into()),
            _ => tokio::time::sleep(wait).await,
        }
    }
    println!("{}", api.pause_space(&space).await?.stage);
    Ok(())
}
