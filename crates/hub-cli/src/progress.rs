//! What a person sees of a job: a line for each file that moves and one for all together, and a summary at its end.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use hub_api::{
    Call, Operation,
    args::HasProgress,
    types::progress::{Event, Phase, Progress},
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::{
    bars, console,
    shown::{escaped, human_size},
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
pub(crate) async fn watched<O>(board: Option<Board>, call: Call<O>) -> Result<O::Output, hub_api::Error>
where
    O: Operation + HasProgress,
{
    let Some(board) = board else { return call.await };
    let result = call.progress(board.clone()).await;
    board.clear();
    if let (Ok(_), Some(summary)) = (&result, board.summary()) {
        console::note(summary);
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
            Event::Known { path, bytes } => state.tally.known(path, *bytes),
            Event::Waiting { duration, .. } => {
                let text = format!("the server asks to wait {}", time(*duration));
                match &state.screen {
                    Some(screen) => {
                        screen.whole.set_message(bars::cut(&text, columns().saturating_sub(1)));
                    }
                    // Where nothing is drawn, a log says why nothing moves.
                    None => console::note(text),
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

/// A line that is drawn as it is set.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        bar.set_style(style);
    }
    bar
}

impl Screen {
    fn new() -> Self {
        let lines = MultiProgress::new();
        let whole = lines.add(bar());
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
        let shown = escaped(path, char::is_control);
        let text = bars::line(columns(), "", (position, total), &shown);
        if let Some(line) = self.files.get(path) {
            line.set_message(text);
        } else if self.files.len() < LINES {
            let line = self.lines.insert_before(&self.whole, bar());
            line.set_message(text);
            self.files.insert(path.to_owned(), line);
        }
    }

    fn whole(&self, phase: Phase, tally: &mut Tally) {
        let label = match phase {
            Phase::Hashing => "hashing",
            Phase::Downloading => "downloading",
            _ => "uploading",
        };
        let speed = tally.rate().map(|rate| {
            let left = tally.left().map(|left| format!(", {} left", time(left))).unwrap_or_default();
            format!("{}/s{left}", human_size(rate))
        });
        let at = (tally.done(), tally.expected());
        self.whole.set_message(bars::line(columns(), label, at, &speed.unwrap_or_default()));
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

/// The width of the terminal that is drawn on.
fn columns() -> usize {
    terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| usize::from(width.0))
}
