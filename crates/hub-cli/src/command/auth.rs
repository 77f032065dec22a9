//! `hub auth`

use std::io::{IsTerminal, Read};

use hub_api::{HfFolder, Token};
use serde_json::json;

use crate::{
    args::{Auth, Login},
    client::Session,
    failure::{Code, Failure, chain},
};

pub(crate) async fn run(session: &Session, args: Auth) -> Result<(), Failure> {
    match args {
        Auth::Login(args) => login(session, args).await,
        Auth::Logout => logout(session),
        Auth::Whoami => whoami(session).await,
    }
}

fn failed(error: hub_api::auth::AuthError) -> Failure {
    Failure::new(Code::NotAuthorised, chain(&error))
}

async fn login(session: &Session, args: Login) -> Result<(), Failure> {
    let text = match session.token() {
        Some(token) => token.to_owned(),
        None if args.token_stdin => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Failure::other("cannot read the token from standard input", error))?;
            text
        }
        None if std::io::stdin().is_terminal() => rpassword::prompt_password("Token (it is not shown): ")
            .map_err(|error| Failure::other("cannot read the token", error))?,
        None => {
            return Err(Failure::new(
                Code::Usage,
                "there is no terminal to ask on: pass the token to --token-stdin",
            ));
        }
    };
    let token = Token::new(&text).map_err(failed)?;
    if token.reveal().starts_with("api_org") {
        let text = "tokens of organisations are no longer accepted: use a personal one from the settings page of the Hub";
        return Err(Failure::new(Code::NotAuthorised, text));
    }
    let api = session.api_with(Some(token.reveal())).await?;
    let user = api.whoami().await?;
    let store = HfFolder::from_env();
    store.save_token(&token).map_err(failed)?;
    let path = store.token_path().map(|path| path.display().to_string()).unwrap_or_default();
    if store.environment_token().map_err(failed)?.is_some() {
        tracing::warn!("HF_TOKEN is set and comes before the token that was kept now");
    }
    session.output.value_or_quiet(
        &json!({ "user": user.name, "path": path }),
        || format!("Logged in as {}. The token is kept in {path}.", user.name),
        Some(&user.name),
    )
}

fn logout(session: &Session) -> Result<(), Failure> {
    let store = HfFolder::from_env();
    store.delete_token().map_err(failed)?;
    if store.environment_token().map_err(failed)?.is_some() {
        tracing::warn!("HF_TOKEN is still set in the environment");
    }
    session.output.value(&json!({ "logged_out": true }), || "Logged out.".to_owned())
}

async fn whoami(session: &Session) -> Result<(), Failure> {
    let user = session.api().await?.whoami().await?;
    let human = || {
        let orgs: Vec<&str> = user.orgs.iter().map(|org| org.name.as_str()).collect();
        if orgs.is_empty() {
            user.name.clone()
        } else {
            format!("{}\norganisations: {}", user.name, orgs.join(", "))
        }
    };
    session.output.value_or_quiet(&user, human, Some(&user.name))
}
