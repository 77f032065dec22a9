//! Progress on a terminal: one bar for all bytes, with the file that moved last.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hub_api::types::progress::{Event, Phase, Progress};
use indicatif::{ProgressBar, ProgressStyle};

/// Draws the events of one job on stderr.
pub(crate) struct Bar {
    bar: ProgressBar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    phase: Option<Phase>,
    positions: HashMap<String, u64>,
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

    fn enter(&self, state: &mut State, phase: Phase) {
        if state.phase == Some(phase) {
            return;
        }
        state.phase = Some(phase);
        state.positions.clear();
        self.bar.reset();
        self.bar.set_prefix(match phase {
            Phase::Hashing => "hashing",
            Phase::Uploading => "uploading",
            Phase::Committing => "committing",
            Phase::Downloading => "downloading",
            _ => "working",
        });
    }
}

impl Progress for Bar {
    fn event(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { bytes, .. } => self.bar.set_length(*bytes),
            Event::Phase(phase) => self.enter(&mut state, *phase),
            Event::File { phase, path, position, .. } => {
                self.enter(&mut state, *phase);
                state.positions.insert((*path).to_owned(), *position);
                self.bar.set_position(state.positions.values().sum());
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
