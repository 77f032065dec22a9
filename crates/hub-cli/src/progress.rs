//! What a person sees of a job: a line for each file that moves and one for all together, and a summary at its end.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use hub_api::types::progress::{Event, Phase, Progress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::{
    output::human_size,
    tally::{Tally, time},
};

/// Most files with a line of their own.
const LINES: usize = 8;

/// Shows the events of one job on stderr. Clones share the lines.
#[derive(Clone)]
pub(crate) struct Board(Arc<Mutex<State>>);

struct State {
    begin: Instant,
    tally: Tally,
    /// Nothing where nobody watches, and after the end.
    screen: Option<Screen>,
}

struct Screen {
    lines: MultiProgress,
    whole: ProgressBar,
    files: HashMap<String, ProgressBar>,
}

impl Board {
    /// A board that counts, and draws if `draw` says so.
    pub(crate) fn new(draw: bool) -> Self {
        let state = State { begin: Instant::now(), tally: Tally::default(), screen: draw.then(Screen::new) };
        Self(Arc::new(Mutex::new(state)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lines away. Events that come later draw nothing.
    pub(crate) fn clear(&self) {
        if let Some(screen) = self.lock().screen.take() {
            screen.clear();
        }
    }

    /// What was transferred and how fast, in one line.
    pub(crate) fn summary(&self) -> Option<String> {
        let state = self.lock();
        state.tally.summary(state.begin.elapsed())
    }
}

/// Runs a call whose events go to `board`, and sums it up. The lines are gone when it returns, whatever came of it.
pub(crate) async fn watched<T, E>(
    board: Option<Board>,
    call: impl IntoFuture<Output = Result<T, E>>,
) -> Result<T, E> {
    let result = call.await;
    if let Some(board) = board {
        board.clear();
        if let (Ok(_), Some(summary)) = (&result, board.summary()) {
            eprintln!("{summary}");
        }
    }
    result
}

impl Progress for Board {
    fn event(&self, event: &Event<'_>) {
        let mut state = self.lock();
        let state = &mut *state;
        let elapsed = state.begin.elapsed();
        match event {
            Event::Started { bytes, .. } => state.tally.expect(*bytes),
            Event::File { phase, path, position, total } => {
                if !state.tally.moved(*phase, path, *position, *total, elapsed) {
                    return;
                }
                if let Some(screen) = &mut state.screen {
                    screen.file(path, *position, *total);
                    screen.whole(*phase, &mut state.tally);
                }
            }
            Event::Waiting { duration, .. } => {
                if let Some(screen) = &state.screen {
                    screen.whole.set_message(format!("the server asks to wait {}", time(*duration)));
                }
            }
            Event::Finished => {
                if let Some(screen) = state.screen.take() {
                    screen.clear();
                }
            }
            _ => {}
        }
    }
}

fn bar(template: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

impl Screen {
    fn new() -> Self {
        let lines = MultiProgress::new();
        let whole = lines.add(bar("{prefix:>11} {bar:30} {bytes:>10}/{total_bytes:<10} {wide_msg}"));
        Self { lines, whole, files: HashMap::new() }
    }

    /// A file that is complete needs no line any more.
    fn file(&mut self, path: &str, position: u64, total: u64) {
        if position >= total {
            if let Some(line) = self.files.remove(path) {
                line.finish_and_clear();
                self.lines.remove(&line);
            }
            return;
        }
        if let Some(line) = self.files.get(path) {
            line.set_position(position);
        } else if self.files.len() < LINES {
            let line = self.lines.insert_before(
                &self.whole,
                bar("            {bar:30} {bytes:>10}/{total_bytes:<10} {wide_msg}"),
            );
            line.set_length(total);
            line.set_message(path.escape_debug().to_string());
            line.set_position(position);
            self.files.insert(path.to_owned(), line);
        }
    }

    fn whole(&self, phase: Phase, tally: &mut Tally) {
        self.whole.set_prefix(match phase {
            Phase::Hashing => "hashing",
            Phase::Downloading => "downloading",
            _ => "uploading",
        });
        self.whole.set_length(tally.expected());
        self.whole.set_position(tally.done());
        if let Some(rate) = tally.rate() {
            let left = tally.left().map(|left| format!(", {} left", time(left))).unwrap_or_default();
            self.whole.set_message(format!("{}/s{left}", human_size(rate)));
        }
    }

    fn clear(self) {
        for line in self.files.values() {
            line.finish_and_clear();
        }
        self.whole.finish_and_clear();
        // A terminal that is gone needs no clearing.
        let _ = self.lines.clear();
    }
}
