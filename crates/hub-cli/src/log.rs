//! Warnings on stderr, and with `HUB_LOG` all that happens.

use std::{error::Error as StdError, fmt, fmt::Write as _};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    EnvFilter,
    field::RecordFields,
    fmt::{FormatFields, format::Writer},
};

use crate::{args::LogFormat, console, words::chain};

/// Warnings of a command are for a person and stand alone, and `quiet` leaves them out; a server's log is kept, with times.
pub(crate) fn start(serving: Option<LogFormat>, quiet: bool) {
    let default = match (serving, quiet) {
        (Some(_), _) => "info",
        (None, true) => "error",
        (None, false) => "warn",
    };
    let filter = EnvFilter::try_from_env("HUB_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(console::log).with_ansi(false);
    if serving == Some(LogFormat::Json) {
        log.json().flatten_event(true).init();
    } else if serving.is_some() || std::env::var_os("HUB_LOG").is_some() {
        log.init();
    } else {
        log.without_time().with_target(false).fmt_fields(ForPeople).init();
    }
}

/// The message, then what belongs to it; errors in the words of the command line.
struct ForPeople;

impl<'w> FormatFields<'w> for ForPeople {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut seen = Seen::default();
        fields.record(&mut seen);
        write!(writer, "{}{}", seen.message, seen.more)
    }
}

#[derive(Default)]
struct Seen {
    message: String,
    more: String,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.more, " {name}={value:?}"),
        };
    }

    fn record_error(&mut self, _: &Field, error: &(dyn StdError + 'static)) {
        let _ = write!(self.more, ": {}", chain(error));
    }
}
