//! The lines of progress, on a terminal of 40 columns that is kept as a screen.

use std::{
    fs::File,
    io::Read,
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use hub_api::HfApi;
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, folder_with, noise};
use rustix::{
    pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use unicode_width::UnicodeWidthChar;

use crate::place::{hub, serve};

const COLUMNS: usize = 40;

/// What a terminal shows. Whoever writes beyond the last column goes on in the next line.
#[derive(Default)]
struct Screen {
    /// What is in each column; after a wide letter an empty text.
    rows: Vec<Vec<String>>,
    row: usize,
    column: usize,
    /// A control sequence that has begun.
    control: Option<String>,
}

impl Screen {
    fn row(&mut self) -> &mut Vec<String> {
        self.rows.resize(self.rows.len().max(self.row + 1), Vec::new());
        &mut self.rows[self.row]
    }

    fn take(&mut self, c: char) {
        if let Some(mut control) = self.control.take() {
            control.push(c);
            match c {
                'A'..='Z' | 'a'..='z' => self.control(&control),
                _ => self.control = Some(control),
            }
            return;
        }
        match c {
            '\x1b' => self.control = Some(String::new()),
            '\r' => self.column = 0,
            '\n' => self.row += 1,
            c => self.letter(c),
        }
    }

    fn letter(&mut self, c: char) {
        let width = c.width().unwrap_or(0);
        if self.column + width > COLUMNS {
            (self.row, self.column) = (self.row + 1, 0);
        }
        let begins = self.column == 0;
        assert!(!begins || " 0123456789dt".contains(c), "{c:?} begins a line: {:?}", self.lines());
        let column = self.column;
        self.column += width;
        let row = self.row();
        row.resize(row.len().max(column + width), " ".to_owned());
        row[column] = c.to_string();
        row[column + 1..column + width].fill(String::new());
    }

    fn control(&mut self, control: &str) {
        let (number, kind) = control.trim_start_matches('[').split_at(control.len() - 2);
        let number = number.parse().unwrap_or(1);
        match kind {
            "A" => self.row = self.row.checked_sub(number).expect("above the first line"),
            "B" => self.row += number,
            // The whole line.
            "K" => self.row().clear(),
            _ => panic!("what is {control:?}?"),
        }
    }

    /// The lines that are not empty.
    fn lines(&self) -> Vec<String> {
        let rows = self.rows.iter().map(|row| row.concat().trim_end().to_owned());
        rows.filter(|row| !row.is_empty()).collect()
    }
}

/// A program whose errors go to a terminal.
struct Shown {
    child: Child,
    letters: mpsc::Receiver<u8>,
    screen: Screen,
}

impl Shown {
    fn start(mut command: Command) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let terminal: OwnedFd = openpt(flags).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let size = Winsize { ws_row: 24, ws_col: COLUMNS as u16, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&terminal, size).unwrap();
        let other_end = ioctl_tiocgptpeer(&terminal, flags).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(other_end).env("TERM", "xterm");
        let child = command.spawn().unwrap();
        // The command holds the other end: the terminal ends when nobody does.
        drop(command);
        let (sender, letters) = mpsc::channel();
        thread::spawn(move || {
            let (mut terminal, mut buffer) = (File::from(terminal), [0; 1024]);
            // It ends with an error.
            while let Ok(count @ 1..) = terminal.read(&mut buffer) {
                if buffer[..count].iter().any(|letter| sender.send(*letter).is_err()) {
                    return;
                }
            }
        });
        Self { child, letters, screen: Screen::default() }
    }

    /// Reads until the screen is as wanted; the program is ended then.
    fn until(mut self, is_wanted: impl Fn(&Screen) -> bool) -> Screen {
        let mut letter = Vec::new();
        while !is_wanted(&self.screen) {
            let Ok(next) = self.letters.recv() else { panic!("it ended with {:?}", self.screen.lines()) };
            letter.push(next);
            if let Ok(text) = std::str::from_utf8(&letter) {
                text.chars().for_each(|c| self.screen.take(c));
                letter.clear();
            }
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.screen
    }
}

/// A Hub with three files whose names are wider than the terminal, and a download of all of them.
async fn download(more: &[&str]) -> (EmbeddedHub, tempfile::TempDir, Command) {
    let local = hub_tests::hub();
    let name =
        |number: u8| format!("a-folder-with-a-name/that-is-longer-than-the-terminal-is-wide-{number}.bin");
    let (one, two, wide) = (name(1), name(2), format!("{}.bin", "模型".repeat(20)));
    let content = noise(1, 300_000);
    let files = folder_with(&[(&one, &content), (&two, &content[1..]), (&wide, &content[2..])]);
    let (_, url) = serve(&local).await;
    let api = HfApi::builder().endpoint(&url).token(ADA).build().unwrap();
    api.upload_folder("ada/demo", files.path()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut command = hub(home.path());
    command.env("HF_TOKEN", ADA).args(["--endpoint", &url, "download", "ada/demo", "--local-dir", "copy"]);
    command.args(["--include", "*.bin"]).args(more);
    (local, home, command)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bar_stays_on_one_line_of_a_narrow_terminal() {
    let (_hub, _home, command) = download(&["--max-bandwidth", "4kB/s"]).await;
    let screen = tokio::task::block_in_place(|| {
        // All have moved, so that lines were drawn over each other; and the last one is complete.
        let moved = |screen: &Screen| {
            let lines = screen.lines();
            lines.len() > 3
                && lines[..3].iter().all(|line| !line.starts_with("0 B/"))
                && lines[3].starts_with("downloading ")
                && screen.column == COLUMNS
        };
        Shown::start(command).until(moved)
    });
    let lines = screen.lines();
    assert_eq!(lines.len(), 4, "{lines:?}");
    for line in &lines[..3] {
        assert!(line.contains("/300.0 kB a-f") || line.contains("/300.0 kB 模型"), "{lines:?}");
        assert!(line.ends_with('…'), "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_the_server_asked_for_is_shown() {
    let (local, _home, command) = download(&[]).await;
    local.fault(Fault::status(429).header("retry-after", "50").on("GET").path("/resolve/").times(100));
    // A moment is added, so that not all come back at once.
    let is_shown = |line: &String| line.starts_with("the server asks to wait 5") && line.ends_with(" s");
    let screen = tokio::task::block_in_place(|| {
        Shown::start(command).until(|screen| screen.lines().iter().any(is_shown))
    });
    assert_eq!(screen.lines().len(), 1, "{:?}", screen.lines());
}
