//! `hub auth`

use std::io::{IsTerminal, Read};

use hub_api::{HfFolder, Token, auth::GitCredential, types::WhoAmI};
use serde_json::{Value, json};

use crate::{
    args::{Auth, Login, Logout, Switch},
    client::Session,
    failure::{Code, Failure},
    output::Brief,
    shown::absolute,
    words::chain,
};

pub(crate) async fn run(session: &Session, args: Auth) -> Result<(), Failure> {
    match args {
        Auth::Login(args) => login(session, args).await,
        Auth::Logout(args) => logout(session, &args),
        Auth::List => list(session),
        Auth::Switch(args) => switch(session, &args).await,
        Auth::Token => token(session).await,
        Auth::Whoami => whoami(session).await,
    }
}

async fn login(session: &Session, args: Login) -> Result<(), Failure> {
    let (text, source) = match session.token() {
        Some(token) => (token.to_owned(), "--token"),
        None if args.token_stdin => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Failure::other("cannot read the token from standard input", error))?;
            (text, "standard input")
        }
        None if std::io::stdin().is_terminal() => {
            if !args.force && HfFolder::from_env().get_token()?.is_some() {
                let human = || "Logged in already; --force asks for another token.".to_owned();
                return session.output.value(&json!({ "logged_in": true }), human, Brief::Lines(Vec::new()));
            }
            let typed = rpassword::prompt_password("Token (it is not shown): ")
                .map_err(|error| Failure::other("cannot read the token", error))?;
            (typed, "the terminal")
        }
        None => {
            return Err(Failure::new(
                Code::Usage,
                "there is no terminal to ask on: pass the token to --token-stdin",
            ));
        }
    };
    let token = Token::new(&text).map_err(|error| Failure::of_auth(&error, source))?;
    if token.reveal().starts_with("api_org") {
        let text = "tokens of organisations are no longer accepted: use a personal one from the settings page of the Hub";
        return Err(Failure::new(Code::NotAuthorised, text));
    }
    let api = session.api_with(Some(token.reveal())).await?;
    let user = api.whoami().await?;
    let name = name_of(&user);
    let store = HfFolder::from_env();
    store.save_token(&token)?;
    // A file of named tokens that cannot be used must not keep anybody from logging in.
    if let Err(error) = store.add_token(&name, &token) {
        tracing::warn!("the token is not kept under its name: {}", chain(&error));
    }
    if args.git.add_to_git_credential {
        api.set_access_token(token.reveal()).await?;
    }
    let path = store.token_path().map(|path| absolute(path).display().to_string()).unwrap_or_default();
    if store.environment_token()?.is_some() {
        tracing::warn!("HF_TOKEN is set and comes before the token that was kept now");
    }
    session.output.value(
        &json!({ "user": user.name, "token_name": name, "path": path }),
        || format!("Logged in as {}. The token {name:?} is kept in {path}.", user.name),
        Brief::One(&user.name),
    )
}

/// The name that the token has on the Hub; the official command line names others like this too.
fn name_of(user: &WhoAmI) -> String {
    let token = user.auth.as_ref().and_then(|auth| auth.access_token.as_ref());
    match token.map(|token| token.display_name.trim()) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => format!("oauth-{}", user.name),
    }
}

fn logout(session: &Session, args: &Logout) -> Result<(), Failure> {
    let store = HfFolder::from_env();
    let is_out = match &args.token_name {
        Some(name) => store.remove_token(name)?,
        None => {
            let files = [store.token_path().map(Into::into), store.stored_tokens_path()];
            let is_in = files.into_iter().flatten().any(|file| file.exists());
            store.delete_all_tokens()?;
            is_in
        }
    };
    if is_out {
        forget_in_git(&session.url());
    }
    if store.environment_token()?.is_some() {
        tracing::warn!("HF_TOKEN is still set in the environment");
    }
    let human = || match &args.token_name {
        Some(name) if is_out => format!("Forgot the token {name:?}, which was the one in use: logged out."),
        Some(name) => format!("Forgot the token {name:?}."),
        None if is_out => "Logged out.".to_owned(),
        None => "Nobody was logged in: there was no token to forget.".to_owned(),
    };
    session.output.value(&json!({ "logged_out": is_out }), human, Brief::Lines(Vec::new()))
}

/// Whoever has no git, or none that keeps passwords, has nothing there to forget.
fn forget_in_git(url: &str) {
    let forget = || {
        let git = GitCredential::new(url)?;
        if git.has_helper()? { git.reject() } else { Ok(()) }
    };
    if let Err(error) = forget() {
        tracing::debug!(%error, "git was not asked to forget the token");
    }
}

fn list(session: &Session) -> Result<(), Failure> {
    let store = HfFolder::from_env();
    let tokens = store.list_tokens()?;
    let mut rows = Vec::new();
    for stored in &tokens {
        rows.push(json!({ "name": stored.name, "active": stored.active, "expires_at": stored.expires_at }));
    }
    if store.environment_token()?.is_some() {
        tracing::warn!("HF_TOKEN is set and comes before all of these");
    }
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    session.output.table(
        &["IN USE", "NAME"],
        &rows,
        |row| vec![if row["active"] == true { "*".to_owned() } else { String::new() }, text(row, "name")],
        |row| text(row, "name"),
    )
}

async fn switch(session: &Session, args: &Switch) -> Result<(), Failure> {
    let store = HfFolder::from_env();
    let name = &args.token_name;
    let token = store.switch_token(name)?;
    if args.git.add_to_git_credential {
        session.api_with(Some(token.reveal())).await?.set_access_token(token.reveal()).await?;
    }
    if store.environment_token()?.is_some() {
        tracing::warn!("HF_TOKEN is set and comes before the token that is used now");
    }
    let human = || format!("The token {name:?} is used from now on.");
    session.output.value(&json!({ "token_name": name }), human, Brief::One(name))
}

async fn token(session: &Session) -> Result<(), Failure> {
    let token = session.token_in_use().await?;
    session.output.value(&json!({ "token": token.reveal() }), || token.reveal().to_owned(), Brief::Same)
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
    session.output.value(&user, human, Brief::One(&user.name))
}
