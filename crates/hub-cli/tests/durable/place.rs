//! A home folder, the program in it, and the embedded Hub that it serves.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use hub_api::HfApi;
use hub_server::EmbeddedHub;
use hub_tests::{ADA, client_of};

const SEED: &str = r#"
[[user]]
name = "ada"
tokens = [{ name = "laptop", token = "hf_ada_write", role = "write" }]
"#;

/// `hub` with nothing of this machine's environment but what it needs.
pub(crate) fn hub(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
    command.env_clear().env("HOME", home).env("USER", "ada").current_dir(home);
    command
}

/// A number that the environment may set.
pub(crate) fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// `hub serve` on the folder `data` of a home.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
}

impl Served {
    /// Starts it as `prepare` wants it; `None` when it ends before it listens.
    pub(crate) fn start(home: &Path, prepare: impl FnOnce(&mut Command)) -> Option<Self> {
        fs::write(home.join("seed.toml"), SEED).unwrap();
        let mut command = hub(home);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", "data", "--seed", "seed.toml"]);
        command.stdout(Stdio::piped()).stderr(File::create(home.join("serve.log")).unwrap());
        prepare(&mut command);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        match line.trim().strip_prefix("listening on ") {
            Some(url) => Some(Self { child, url: url.to_owned() }),
            None => {
                child.wait().unwrap();
                None
            }
        }
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// A client that asks once.
    pub(crate) fn client(&self) -> HfApi {
        let once = hub_api::transport::RetryConfig::none();
        HfApi::builder().endpoint(&self.url).token(ADA).retry(once).build().unwrap()
    }

    /// Ends it, if it has not ended yet.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A test that fails leaves no server behind.
impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens what a server left, as the next one does, with a client of the user `ada`.
pub(crate) fn reopened(data: &Path) -> (EmbeddedHub, HfApi) {
    let hub = EmbeddedHub::open(data).token("ada", ADA, hub_server::TokenRole::Write).build().unwrap();
    let api = client_of(&hub).token(ADA).build().unwrap();
    (hub, api)
}

/// Lets git check every object and ref of a repository; `what` is told when something is wrong.
pub(crate) fn fsck(repo: &Path, what: &str) {
    let mut git = Command::new("git");
    git.env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .arg("--git-dir")
        .arg(repo);
    let output = git.args(["fsck", "--full", "--strict", "--no-dangling"]).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("error"), "{what}: {}: {said}", repo.display());
}
