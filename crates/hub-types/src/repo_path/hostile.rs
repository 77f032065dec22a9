//! A million paths that a server could send, made of what has ever led out of a folder somewhere.

use std::{
    collections::HashSet,
    path::{Component, Path},
    thread,
};

use super::SafeRelPath;

const CASES: u64 = 1_000_000;
const THREADS: u64 = 4;

/// Separators, ways up, roots, drives, devices, streams, git's folder, and what hides any of them from a reader.
const PIECES: [&str; 56] = [
    "/",
    "/",
    "/",
    "//",
    "\\",
    "\\",
    "\\\\",
    "\\\\?\\",
    "\\\\.\\",
    "//server/share",
    ".",
    ".",
    "..",
    "...",
    "../",
    "..\\",
    "/..",
    "\\..",
    "./",
    "C:",
    "c:/",
    "C:\\",
    ":",
    "::$DATA",
    ":x",
    "CON",
    "nul",
    "Aux",
    "PRN",
    "COM1",
    "com¹",
    "LPT9",
    "CONIN$",
    ".txt",
    " ",
    ".git",
    ".GIT",
    "git~1",
    "GIT~1",
    "\u{200c}",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "\n",
    "\u{7f}",
    "\u{85}",
    "%2e%2e",
    "%2f",
    "．．",
    "∕",
    "e\u{301}",
    "é",
    "a",
    "B",
    "*?\"<>|",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

/// Marsaglia's xorshift: the same cases in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// Pieces, and now and then any letter at all.
    fn path(&mut self, text: &mut String) {
        text.clear();
        for _ in 0..=self.below(7) {
            if self.below(12) == 0 {
                text.extend(char::from_u32(self.below(0x11_0000) as u32));
            } else {
                text.push_str(PIECES[self.below(PIECES.len())]);
            }
        }
    }
}

/// How Windows would read a path is not known to `std::path` elsewhere; both kinds of separators are taken for one here.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(['/', '\\'])
}

fn devices() -> HashSet<String> {
    let numbered = ["COM", "LPT"]
        .into_iter()
        .flat_map(|name| "0123456789¹²³".chars().map(move |n| format!("{name}{n}")));
    numbered.chain(["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].map(str::to_owned)).collect()
}

/// What must hold for every path that is taken.
fn check_taken(text: &str, path: &SafeRelPath, devices: &HashSet<String>) {
    assert_eq!(path.as_str(), text);
    assert!(!text.contains(|c: char| c == '\0' || c.is_control()), "{text:?}");
    assert!(!parts(text).any(|part| matches!(part, "." | "..")), "{text:?} goes up");
    let is_drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    assert!(!is_drive && !text.starts_with(['/', '\\']), "{text:?} has a root");
    for part in parts(text) {
        let seen: String = part.chars().filter(|c| !"\u{200c}\u{feff}\u{202e}".contains(*c)).collect();
        let stored = seen.split(':').next().unwrap().trim_end_matches(['.', ' ']).to_lowercase();
        assert!(stored != ".git" && stored != "git~1", "{text:?} is git's");
    }
    let base = Path::new("/base");
    match path.under(base) {
        Ok(place) => {
            let below = place.strip_prefix(base).unwrap();
            assert_eq!(below.components().count(), path.segments().count(), "{text:?}");
            assert!(
                below.components().all(|part| matches!(part, Component::Normal(name) if name.len() <= 255))
            );
        }
        Err(_) => assert!(cfg!(windows) || path.segments().any(|part| part.len() > 255), "{text:?}"),
    }
    if path.local_problem(true).is_none() {
        for part in text.split('/') {
            assert!(!part.contains(['\\', ':', '*', '?', '"', '<', '>', '|']), "{text:?} on Windows");
            assert!(!part.ends_with(['.', ' ']), "{text:?} on Windows");
            let stem = part.split('.').next().unwrap().trim_end().to_uppercase();
            assert!(!devices.contains(&stem), "{text:?} is a device");
        }
    }
}

#[test]
fn f72_of_a_million_hostile_paths_none_that_is_taken_leads_anywhere_else() {
    let run = |seed: u64| {
        let (mut chance, mut text) = (Chance(0x9E37_79B9_7F4A_7C15 ^ (seed + 1)), String::new());
        let (devices, mut taken, mut storable) = (devices(), 0_u64, 0_u64);
        for _ in 0..CASES / THREADS {
            chance.path(&mut text);
            if let Ok(path) = text.parse::<SafeRelPath>() {
                check_taken(&text, &path, &devices);
                taken += 1;
                storable += u64::from(path.local_problem(true).is_none());
            }
        }
        (taken, storable)
    };
    let threads: Vec<_> = (0..THREADS).map(|seed| thread::spawn(move || run(seed))).collect();
    let counts: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let (taken, storable) = counts.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    // Without many of each kind nothing would be shown.
    assert!(taken > CASES / 20 && taken < CASES / 2, "{taken} of {CASES} are taken");
    assert!(storable > CASES / 50 && storable < taken, "Windows stores {storable} of {taken}");
}
