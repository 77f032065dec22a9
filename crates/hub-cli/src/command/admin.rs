//! `hub admin`

use hub_server::{Admin, AdminError, AdminErrorKind, AdminRequest, restore_backup};
use serde_json::Value;

use crate::{
    args::{
        self, AdminCommand, AdminMembers, AdminOrgs, AdminQuota, AdminRepo, AdminRepos, AdminTokens,
        AdminUsers,
    },
    client::Session,
    command::{agreed, serve::database},
    failure::{Code, Failure},
    output::Brief,
    shown::human_size,
};

/// What a command asks for, and how its value is shown.
struct Job {
    request: AdminRequest,
    shown: Shown,
}

enum Shown {
    /// A sentence for people, and the field that scripts get.
    Sentence(String, &'static str),
    /// The columns of a list; scripts get the first.
    Table(&'static [(&'static str, &'static str)]),
    /// The text of a token.
    Token,
    Quota,
    Fsck,
    Gc,
    Backup,
}

pub(crate) async fn run(session: &Session, args: args::Admin) -> Result<(), Failure> {
    let mut admin = Admin::of(&args.data);
    if let Some(file) = &args.secret_key_file {
        admin = admin.secret_key_file(file);
    }
    if let Some(url) = database(args.database) {
        admin = admin.database(url);
    }
    if let AdminCommand::Restore(restore) = args.command {
        let (to, key) = (args.data, args.secret_key_file);
        let work = move || restore_backup(&restore.folder, &to, key.as_deref());
        return show(session, &blocking(work).await?, &Shown::Backup);
    }
    let Job { request, shown } = job(args.command)?;
    let value = blocking(move || admin.run(&request)).await?;
    show(session, &value, &shown)
}

async fn blocking<F>(work: F) -> Result<Value, Failure>
where
    F: FnOnce() -> Result<Value, AdminError> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| Failure::other("the work was stopped", error))?;
    done.map_err(|error| {
        let code = match error.kind {
            AdminErrorKind::Invalid => Code::Usage,
            AdminErrorKind::NotFound => Code::NotFound,
            AdminErrorKind::Conflict => Code::Conflict,
            _ => Code::Failed,
        };
        Failure::new(code, error.message)
    })
}

fn job(command: AdminCommand) -> Result<Job, Failure> {
    match command {
        AdminCommand::Users(command) => users(command),
        AdminCommand::Orgs(command) => orgs(command),
        AdminCommand::Tokens(command) => tokens(command),
        AdminCommand::Repos(command) => Ok(repos(command)),
        AdminCommand::Quota(args) => Ok(quota(args)),
        AdminCommand::Fsck(args) => {
            Ok(Job { request: AdminRequest::Fsck { quick: args.quick }, shown: Shown::Fsck })
        }
        AdminCommand::Gc => Ok(Job { request: AdminRequest::Gc, shown: Shown::Gc }),
        AdminCommand::Backup(args) => {
            Ok(Job { request: AdminRequest::Backup { to: args.folder }, shown: Shown::Backup })
        }
        AdminCommand::Restore(_) => Err(Failure::new(Code::Usage, "a restore asks no server")),
    }
}

fn said(request: AdminRequest, text: String, field: &'static str) -> Result<Job, Failure> {
    Ok(Job { request, shown: Shown::Sentence(text, field) })
}

fn users(command: AdminUsers) -> Result<Job, Failure> {
    match command {
        AdminUsers::List => Ok(Job {
            request: AdminRequest::ListUsers,
            shown: Shown::Table(&[
                ("NAME", "name"),
                ("FULL NAME", "fullname"),
                ("DISABLED", "disabled"),
                ("REPOSITORIES", "repositories"),
                ("QUOTA", "quota"),
            ]),
        }),
        AdminUsers::Create(args) => {
            let text =
                format!("Created the user {0}. `hub admin tokens create {0} NAME` makes a token.", args.name);
            let request =
                AdminRequest::CreateUser { name: args.name, fullname: args.fullname, email: args.email };
            said(request, text, "name")
        }
        AdminUsers::Disable { name } => {
            let text = format!("The tokens of {name} are refused from now on.");
            said(AdminRequest::DisableUser { name, disabled: true }, text, "name")
        }
        AdminUsers::Enable { name } => {
            let text = format!("The tokens of {name} are valid again.");
            said(AdminRequest::DisableUser { name, disabled: false }, text, "name")
        }
        AdminUsers::Delete(args) => {
            agreed(args.yes, &format!("Delete the user {} and its tokens?", args.name))?;
            let text = format!("Deleted the user {}.", args.name);
            said(AdminRequest::DeleteUser { name: args.name }, text, "deleted")
        }
    }
}

fn orgs(command: AdminOrgs) -> Result<Job, Failure> {
    match command {
        AdminOrgs::List => Ok(Job {
            request: AdminRequest::ListOrgs,
            shown: Shown::Table(&[
                ("NAME", "name"),
                ("FULL NAME", "fullname"),
                ("REPOSITORIES", "repositories"),
                ("QUOTA", "quota"),
            ]),
        }),
        AdminOrgs::Create(args) => {
            let text = format!("Created the organisation {}.", args.name);
            said(AdminRequest::CreateOrg { name: args.name, fullname: args.fullname }, text, "name")
        }
        AdminOrgs::Settings(args) => {
            let (account, private) = (args.name, args.private_by_default && !args.public_by_default);
            let word = if private { "private" } else { "public" };
            let text = format!("New repositories of {account} are {word} unless it is said.");
            said(AdminRequest::SetPrivateByDefault { account, private }, text, "account")
        }
        AdminOrgs::Delete(args) => {
            agreed(args.yes, &format!("Delete the organisation {}?", args.name))?;
            let text = format!("Deleted the organisation {}.", args.name);
            said(AdminRequest::DeleteOrg { name: args.name }, text, "deleted")
        }
        AdminOrgs::Members(AdminMembers::List { org }) => Ok(Job {
            request: AdminRequest::ListMembers { org },
            shown: Shown::Table(&[("USER", "user"), ("ROLE", "role")]),
        }),
        AdminOrgs::Members(AdminMembers::Set { org, user, role }) => {
            let role = hub_server::OrgRole::from(role);
            let text = format!("{user} has the role {} in {org}.", role.as_str());
            said(AdminRequest::SetMember { org, user, role: Some(role) }, text, "user")
        }
        AdminOrgs::Members(AdminMembers::Remove { org, user }) => {
            let text = format!("{user} belongs to {org} no more.");
            said(AdminRequest::SetMember { org, user, role: None }, text, "user")
        }
    }
}

fn tokens(command: AdminTokens) -> Result<Job, Failure> {
    match command {
        AdminTokens::List { user } => Ok(Job {
            request: AdminRequest::ListTokens { user },
            shown: Shown::Table(&[
                ("NAME", "name"),
                ("USER", "user"),
                ("ROLE", "role"),
                ("CREATED", "created_at"),
                ("EXPIRES", "expires_at"),
                ("EXPIRED", "expired"),
            ]),
        }),
        AdminTokens::Create(args) => {
            let valid_for = args.valid_for.map(|time| time.as_secs());
            let (user, name, role) = (args.user, args.token_name, args.role.into());
            Ok(Job {
                request: AdminRequest::CreateToken { user, name, role, valid_for },
                shown: Shown::Token,
            })
        }
        AdminTokens::Revoke { user, token_name: name, yes } => {
            agreed(yes, &format!("Revoke the token {name:?} of {user}?"))?;
            let text = format!("The token {name:?} of {user} is refused from now on.");
            said(AdminRequest::RevokeToken { user, name }, text, "revoked")
        }
    }
}

fn repos(command: AdminRepos) -> Job {
    let switch = |repo: AdminRepo, disabled: bool, text: &str| Job {
        shown: Shown::Sentence(format!("{} {text}", repo.repo_id), "id"),
        request: AdminRequest::DisableRepo {
            repo_type: repo.repo_type.get(),
            repo_id: repo.repo_id,
            disabled,
        },
    };
    match command {
        AdminRepos::List => Job {
            request: AdminRequest::ListRepos,
            shown: Shown::Table(&[
                ("ID", "id"),
                ("TYPE", "repo_type"),
                ("PRIVATE", "private"),
                ("GATED", "gated"),
                ("DISABLED", "disabled"),
                ("CREATED", "created_at"),
            ]),
        },
        AdminRepos::Disable(repo) => switch(repo, true, "is switched off: nobody gets anything of it."),
        AdminRepos::Enable(repo) => switch(repo, false, "is switched on again."),
    }
}

fn quota(args: AdminQuota) -> Job {
    let account = args.account;
    let request = match (args.set, args.unlimited) {
        (None, false) => AdminRequest::Quota { account },
        (bytes, _) => AdminRequest::SetQuota { account, bytes },
    };
    Job { request, shown: Shown::Quota }
}

fn show(session: &Session, value: &Value, shown: &Shown) -> Result<(), Failure> {
    let output = session.output;
    let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let texts = |name: &str| -> Vec<&str> {
        value[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
    match shown {
        Shown::Sentence(text, name) => output.value(value, || text.clone(), Brief::One(field(name))),
        Shown::Table(columns) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let head: Vec<&str> = columns.iter().map(|(head, _)| *head).collect();
            let row = |item: &Value| columns.iter().map(|(_, name)| cell(name, item.get(name))).collect();
            let first = columns.first().map_or("", |(_, name)| *name);
            output.table(&head, items, row, |item| cell(first, item.get(first)))
        }
        Shown::Token => {
            let human = || {
                let until = match value["expires_at"].as_str() {
                    Some(time) => format!("It is valid until {time}."),
                    None => "It is valid until it is revoked.".to_owned(),
                };
                format!(
                    "{}\nThis is the token {:?} of {}. Nobody can be shown it again. {until}",
                    field("token"),
                    field("name"),
                    field("user")
                )
            };
            output.value(value, human, Brief::One(field("token")))
        }
        Shown::Quota => {
            let human = || {
                let used = human_size(number("used"));
                match value["quota"].as_u64() {
                    Some(quota) => format!("{} uses {used} of {}.", field("account"), human_size(quota)),
                    None => format!("{} uses {used}, without a limit.", field("account")),
                }
            };
            output.value(value, human, Brief::Lines(vec![number("used").to_string()]))
        }
        Shown::Fsck => {
            let problems = texts("problems");
            let human = || {
                let what = format!(
                    "{} repositories and {} large files",
                    number("repositories"),
                    number("large_files")
                );
                if problems.is_empty() {
                    format!("{what} are whole.")
                } else {
                    format!("{}\nOf {what} not all are whole.", problems.join("\n"))
                }
            };
            let lines = problems.iter().map(|&text| text.to_owned()).collect();
            output.value(value, human, Brief::Lines(lines))?;
            if problems.is_empty() {
                return Ok(());
            }
            let text = format!("{} faults were found; restore what is lost from a backup", problems.len());
            Err(Failure::new(Code::Failed, text))
        }
        Shown::Gc => {
            let failures = texts("failures");
            let bytes = number("git_bytes") + number("lfs_bytes") + number("xorb_bytes");
            let human = || {
                let done = format!(
                    "{} repositories were packed. {} objects of git, {} large files and {} xorbs were removed ({}).",
                    number("repacked"),
                    number("git_objects"),
                    number("lfs_objects"),
                    number("xorbs"),
                    human_size(bytes)
                );
                failures.iter().map(|text| format!("{text}\n")).collect::<String>() + &done
            };
            output.value(value, human, Brief::Lines(vec![bytes.to_string()]))?;
            if failures.is_empty() {
                return Ok(());
            }
            let text = format!("{} repositories could not be looked at", failures.len());
            Err(Failure::new(Code::Failed, text))
        }
        Shown::Backup => {
            let problems = texts("problems");
            let human = || {
                let done = format!(
                    "{} repositories and {} large files are in {} ({}).",
                    number("repositories"),
                    number("large_files"),
                    field("path"),
                    human_size(number("bytes"))
                );
                problems.iter().map(|text| format!("{text}\n")).collect::<String>() + &done
            };
            output.value(value, human, Brief::One(field("path")))?;
            if problems.is_empty() {
                return Ok(());
            }
            let text = format!(
                "the copy is made, but {} large files in it are damaged or lost, as they were before; upload them again, or take them from an older backup",
                problems.len()
            );
            Err(Failure::new(Code::Failed, text))
        }
    }
}

/// A value as a cell of a table: nothing for what is not so.
fn cell(name: &str, value: Option<&Value>) -> String {
    match value {
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Number(bytes)) if name == "quota" => human_size(bytes.as_u64().unwrap_or_default()),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    }
}
