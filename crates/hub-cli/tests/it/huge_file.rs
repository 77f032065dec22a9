//! A file that is larger than what the program may have in memory.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
    time::Duration,
};

use crate::{
    crash::{SEED, Served},
    place::hub,
};

const MIB: u64 = 1 << 20;

/// What the system says of a process at its end.
struct Usage {
    /// The most memory that it had, in bytes.
    memory: u64,
    /// Bytes that it has read, from files and from the network.
    read: u64,
}

/// Uploads a file of zeros that takes no room on the disk, by LFS or by Xet.
fn upload(home: &Path, url: &str, size: u64, xet: bool) -> Usage {
    let name = format!("{size}.bin");
    File::create(home.join(&name)).unwrap().set_len(size).unwrap();
    let mut command = hub(home);
    command.env("HF_TOKEN", "hf_ada_write").stdout(Stdio::null()).stderr(Stdio::null());
    if !xet {
        command.env("HF_HUB_DISABLE_XET", "1");
    }
    let mut child = command.args(["--endpoint", url, "upload", "ada/huge", &name]).spawn().unwrap();
    let proc = Path::new("/proc").join(child.id().to_string());
    let told = |file: &str, name: &str| -> Option<u64> {
        let text = fs::read_to_string(proc.join(file)).ok()?;
        text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
    };
    let mut usage = Usage { memory: 0, read: 0 };
    // Its counters stay until it is waited for; its memory is known only as long as it runs.
    while !fs::read_to_string(proc.join("status")).unwrap().contains("State:\tZ") {
        usage.memory = told("status", "VmHWM:").map_or(usage.memory, |kib| kib * 1024);
        std::thread::sleep(Duration::from_millis(5));
    }
    usage.read = told("io", "rchar:").unwrap();
    assert!(child.wait().unwrap().success());
    usage
}

#[test]
fn f76_a_huge_file_is_read_twice_and_takes_hardly_more_memory_than_a_small_one() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("seed.toml"), SEED).unwrap();
    let served = Served::start_with(home.path(), &["--discard-lfs=unchecked"]);
    let (small, huge) = both(home.path(), &served.url, false);
    served.kill();
    assert!(huge.memory < small.memory + 64 * MIB, "{} MiB, then {}", small.memory / MIB, huge.memory / MIB);
    let passes = (huge.read - small.read) as f64 / (2047 * MIB) as f64;
    assert!((1.9..2.01).contains(&passes), "it was read {passes} times");
}

#[test]
fn by_xet_a_huge_file_is_read_once_and_takes_hardly_more_memory_than_a_small_one() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("seed.toml"), SEED).unwrap();
    let served = Served::start(home.path());
    let (small, huge) = both(home.path(), &served.url, true);
    served.kill();
    assert!(huge.memory < small.memory + 96 * MIB, "{} MiB, then {}", small.memory / MIB, huge.memory / MIB);
    let passes = (huge.read - small.read) as f64 / (2047 * MIB) as f64;
    assert!((0.9..1.01).contains(&passes), "it was read {passes} times");
}

/// What it takes to upload a small file, and then a huge one.
fn both(home: &Path, url: &str, xet: bool) -> (Usage, Usage) {
    (upload(home, url, MIB, xet), upload(home, url, 2048 * MIB, xet))
}
