//! What errors of the library say, in the words of the command line: flags for arguments, and no names of methods.

use std::{error::Error as StdError, io, iter, sync::OnceLock};

use hub_api::{
    Error, ErrorKind,
    auth::{AuthError, TokenOrigin},
    commit::CommitError,
    transport::{self, Foreign, Voice},
    types::ParseError,
};

/// The switch that made this run offline, as it was written: `HUB_NETWORK=offline`.
static OFFLINE_BY: OnceLock<String> = OnceLock::new();

/// Notes which switch made this run offline. The first one counts.
pub(crate) fn offline_by(switch: &str) {
    let _ = OFFLINE_BY.set(switch.to_owned());
}

/// Whoever reads this has never seen a method.
struct CommandLine;

impl Voice for CommandLine {
    fn operation(&self, _: &str) -> Option<String> {
        None
    }

    fn argument(&self, name: &str) -> String {
        flag(name)
    }

    fn hint(&self, error: &transport::Error) -> Option<String> {
        let switch = OFFLINE_BY.get().filter(|_| error.kind() == ErrorKind::Offline)?;
        Some(format!("{switch} says so: take it back to reach the Hub"))
    }
}

/// The flag for an argument; several where one argument is said in several ways.
fn flag(argument: &str) -> String {
    match argument {
        "private" => "--private, --public".to_owned(),
        "visibility" => "--protected".to_owned(),
        "space_sdk" => "--sdk".to_owned(),
        "space_template" => "--template".to_owned(),
        other => format!("--{}", other.replace('_', "-")),
    }
}

/// A fault of a token, which was given in this way: by a flag, or through standard input.
pub(crate) fn given_by(given: &str, error: &dyn StdError) -> String {
    error.to_string().replace(&TokenOrigin::Argument.to_string(), given)
}

/// The error and its causes, without texts that repeat what was said before. Why a request failed is said by the request:
/// of what libraries say of it below, only the word of the operating system is added.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = said(error);
    let mut is_below = is_request(error);
    for cause in causes(error) {
        is_below |= is_request(cause);
        let more = if is_below { said_below(cause) } else { Some(said(cause)) };
        if let Some(more) = more.filter(|more| !text.contains(more)) {
            text = format!("{text}: {more}");
        }
    }
    text
}

/// The causes of an error, one below the other, each of its own type.
pub(crate) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    fn own<'a>(cause: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
        match cause.downcast_ref::<Foreign>().and_then(Foreign::get_ref) {
            Some(inner) => inner,
            None => cause,
        }
    }
    iter::successors(error.source().map(own), |&cause| cause.source().map(own))
}

fn is_request(error: &(dyn StdError + 'static)) -> bool {
    error.is::<transport::Error>() || matches!(error.downcast_ref::<Error>(), Some(Error::Transport(_)))
}

/// A failed request or a cause of one, if it says something that is meant for people.
fn said_below(cause: &(dyn StdError + 'static)) -> Option<String> {
    /// What the standard library puts before the reason why a name has no URL.
    const LOOKUP: &str = "failed to lookup address information: ";
    if cause.is::<transport::Error>() || cause.is::<AuthError>() || cause.is::<ParseError>() {
        return Some(said(cause));
    }
    let error = cause.downcast_ref::<io::Error>()?;
    let text = error.to_string();
    match error.raw_os_error() {
        Some(_) => Some(text),
        None => text.strip_prefix(LOOKUP).map(str::to_owned),
    }
}

/// One error, without its causes.
fn said(error: &(dyn StdError + 'static)) -> String {
    if let Some(error) = error.downcast_ref::<transport::Error>() {
        return said_by_request(error);
    }
    match error.downcast_ref::<Error>() {
        Some(Error::Transport(error)) => said_by_request(error),
        Some(Error::Setup(message)) => message.with_names(flag),
        Some(Error::Commit(CommitError::CommitOutcomeUnknown(unknown))) => {
            let (repo, revision) = (unknown.repo(), &unknown.revision);
            format!(
                "it is not known whether the commit to {repo} at {revision} was made: look at its history, then run the \
                 command again, which commits only what is missing"
            )
        }
        _ => given_by("--token", error),
    }
}

/// A certificate that a server has as its own and that may only sign others, as the library for TLS says it.
const AUTHORITY: &str = "Other(OtherError(CaUsedAsEndEntity))";

fn said_by_request(error: &transport::Error) -> String {
    error.said_by(&CommandLine).replace(AUTHORITY, "it is that of an authority, not of a server")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use hub_api::types::Message;

    use super::*;

    /// What the command line has no flag for, and so never leads to a message about it.
    const NOT_SAID: [&str; 9] = [
        "card_data",
        "emissions_thresholds",
        "fetch_config",
        "files_metadata",
        "full",
        "local_files_only",
        "num_threads",
        "security_status",
        "x",
    ];

    /// The names that messages of the library have, from its sources.
    fn named(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                named(&path, names);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                for after in text.split("argument(\"").skip(1) {
                    names.insert(after.split('"').next().unwrap().to_owned());
                }
            }
        }
    }

    #[test]
    fn every_argument_that_a_message_names_is_a_flag() {
        let mut names = BTreeSet::new();
        for library in ["hub-api", "hub-commit", "hub-download", "hub-endpoints", "hub-transport"] {
            named(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(library).join("src"), &mut names);
        }
        assert!(names.contains("exist_ok") && names.contains("space_sdk"), "{names:?}");
        let help = format!("{:?}", crate::model::leaves());
        for name in names.iter().filter(|name| !NOT_SAID.contains(&name.as_str())) {
            for flag in flag(name).split(", ") {
                assert!(help.contains(&format!("\"{flag}\"")), "{name}: there is no flag {flag}");
            }
        }
    }

    #[test]
    fn an_error_says_flags_and_no_method() {
        let error = transport::Error::new(ErrorKind::Conflict, "it exists")
            .with_hint(Message::argument("exist_ok").text(" takes it"))
            .in_call(&transport::CallInfo::new("create_repo", "model ada/demo", transport::RetryClass::Read));
        assert_eq!(chain(&Error::from(error)), "model ada/demo: it exists; --exist-ok takes it");
        let setup = Error::Setup(Message::from("set ").and_argument("space_sdk"));
        assert_eq!(chain(&setup), "set --sdk");
    }

    /// What a library says of what failed in it.
    #[derive(Debug)]
    struct OfLibrary(io::Error);

    impl std::fmt::Display for OfLibrary {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("client error (Connect)")
        }
    }

    impl StdError for OfLibrary {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn of_what_libraries_say_only_the_word_of_the_system_is_passed_on() {
        let refused = io::Error::from_raw_os_error(111);
        let system = refused.to_string();
        let failed = |kind, text: &str| transport::Error::new(kind, text);
        let unread = serde_json::from_str::<u8>("x").unwrap_err();
        for (error, expected) in [
            (
                failed(ErrorKind::Connect, "refused").with_source(OfLibrary(refused)),
                format!("refused: {system}"),
            ),
            (
                failed(ErrorKind::Connect, "not known").with_source(OfLibrary(io::Error::other(
                    "failed to lookup address information: Name or service not known",
                ))),
                "not known: Name or service not known".to_owned(),
            ),
            (
                failed(ErrorKind::Tls, "the handshake failed")
                    .with_source(OfLibrary(io::Error::other("received fatal alert: HandshakeFailure"))),
                "the handshake failed".to_owned(),
            ),
            (
                failed(ErrorKind::Tls, &format!("the certificate of x is not accepted: {AUTHORITY}")),
                "the certificate of x is not accepted: it is that of an authority, not of a server"
                    .to_owned(),
            ),
            (
                transport::Error::decode("the response is not what was expected", unread),
                "the response is not what was expected".to_owned(),
            ),
        ] {
            assert_eq!(chain(&error), expected);
            assert_eq!(chain(&Error::from(error)), expected);
        }
    }
}
