//! Progress on a terminal: one bar for all bytes, with the file that moved last.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hub_api::types::progress::{Event, Phase, Progress};
use indicatif::{ProgressBar, ProgressStyle};

/// Draws the events of one job on stderr.
///
/// While some files are hashed others already travel: the bar shows hashing until the first byte is sent, and then what was
/// sent.
pub(crate) struct Bar {
    bar: ProgressBar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sending: bool,
    hashed: Positions,
    sent: Positions,
}

/// How far each file is, and their sum.
#[derive(Default)]
struct Positions {
    files: HashMap<String, u64>,
    total: u64,
}

impl Positions {
    fn set(&mut self, path: &str, position: u64) -> u64 {
        let before = match self.files.get_mut(path) {
            Some(known) => std::mem::replace(known, position),
            None => {
                self.files.insert(path.to_owned(), position);
                0
            }
        };
        self.total = self.total - before + position;
        self.total
    }
}

impl State {
    /// Takes note of a file's position and returns that of the whole job, or nothing when it does not show.
    fn moved(&mut self, phase: Phase, path: &str, position: u64) -> Option<u64> {
        let hashing = phase == Phase::Hashing;
        self.sending |= !hashing && position > 0;
        let total = if hashing { &mut self.hashed } else { &mut self.sent }.set(path, position);
        (hashing != self.sending).then_some(total)
    }
}

impl Bar {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new(0);
        let template =
            "{prefix:>11} {bar:30} {bytes:>10}/{total_bytes:<10} {bytes_per_sec:>12} {eta:>4} {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, state: Mutex::default() }
    }
}

impl Progress for Bar {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Started { bytes, .. } => self.bar.set_length(*bytes),
            Event::File { phase, path, position, .. } => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let was_sending = state.sending;
                let Some(total) = state.moved(*phase, path, *position) else { return };
                if state.sending && !was_sending {
                    self.bar.reset();
                }
                self.bar.set_prefix(match phase {
                    Phase::Hashing => "hashing",
                    Phase::Downloading => "downloading",
                    _ => "uploading",
                });
                self.bar.set_position(total);
                self.bar.set_message((*path).to_owned());
            }
            Event::Finished => self.bar.finish_and_clear(),
            _ => {}
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_shows_hashing_until_something_is_sent() {
        let mut state = State::default();
        let table = [
            (Phase::Hashing, "a", 10, Some(10)),
            (Phase::Hashing, "b", 5, Some(15)),
            (Phase::Uploading, "a", 0, None),
            (Phase::Uploading, "a", 4, Some(4)),
            (Phase::Hashing, "b", 20, None),
            (Phase::Uploading, "b", 6, Some(10)),
            (Phase::Uploading, "b", 2, Some(6)),
            (Phase::Committing, "c", 1, Some(7)),
        ];
        for (phase, path, position, shown) in table {
            assert_eq!(state.moved(phase, path, position), shown, "{phase:?} {path} {position}");
        }
    }
}
