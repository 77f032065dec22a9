//! `hub upload --every`, until it is told to stop.

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, ada, folder_with};

use crate::place::{Place, hub, serve, text};

struct Running {
    program: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// The next line of stdout: the URL of a commit.
    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    fn interrupt(&self) {
        interrupt(self.program.id());
    }

    /// How it ends, and what it has said on stderr.
    fn ended(self) -> (Option<i32>, String) {
        let output = self.program.wait_with_output().unwrap();
        (output.status.code(), text(&output.stderr))
    }
}

fn interrupt(program: u32) {
    let kill = format!("kill -INT {program}");
    let kill = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(kill.success());
}

fn upload_every(home: &Path, url: &str, local_path: &Path) -> Running {
    let mut command = hub(home);
    command.args(["--endpoint", url, "--token", ADA, "--quiet", "upload", "ada/logs", "--every", "0.002"]);
    let mut program =
        command.arg(local_path).arg(".").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines();
    Running { program, lines }
}

async fn commits(hub: &EmbeddedHub) -> usize {
    ada(hub).list_repo_commits("ada/logs").all().await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_committed_until_the_program_is_stopped() {
    let served = hub_tests::hub();
    let (_server, url) = serve(&served).await;
    let (home, folder) = (tempfile::tempdir().unwrap(), folder_with(&[("a.log", b"1")]));
    let mut running = upload_every(home.path(), &url, folder.path());
    running.line();
    let begun = commits(&served).await;

    // One failure and one time without a change later, the next change is committed.
    served.fault(Fault::status(400).on("POST").path("/commit/").times(1));
    for content in ["12", "123"] {
        fs::write(folder.path().join("a.log"), content).unwrap();
        running.line();
        let there = ada(&served).hf_hub_download("ada/logs", "a.log").local_dir(home.path()).await.unwrap();
        assert_eq!(fs::read_to_string(there).unwrap(), content);
    }
    running.interrupt();
    let (code, told) = running.ended();
    assert_eq!(code, Some(0));
    assert_eq!(told.matches("trying again").count(), 1, "{told}");
    assert_eq!(commits(&served).await, begun + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_uploads_go_on_when_nobody_reads_what_was_done() {
    let served = hub_tests::hub();
    let (_server, url) = serve(&served).await;
    let (home, folder) = (tempfile::tempdir().unwrap(), folder_with(&[("a.log", b"1")]));
    let Running { program, mut lines } = upload_every(home.path(), &url, folder.path());
    lines.next().unwrap().unwrap();
    drop(lines);
    let id = program.id();
    let ended = tokio::task::spawn_blocking(move || program.wait_with_output().unwrap());
    for (content, made) in [("12", 3), ("123", 4)] {
        fs::write(folder.path().join("a.log"), content).unwrap();
        // The next change comes when this one is committed: one that comes while a file is read is told as that.
        while commits(&served).await < made {
            assert!(!ended.is_finished(), "it ended before {content}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    interrupt(id);
    let output = ended.await.unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success() && !told.contains("hub:"), "{told}");
    assert_eq!(commits(&served).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_empty_at_first_gets_its_repository_and_later_its_files() {
    let served = hub_tests::hub();
    let (_server, url) = serve(&served).await;
    let (home, folder) = (tempfile::tempdir().unwrap(), folder_with(&[]));
    let mut running = upload_every(home.path(), &url, folder.path());
    running.line();
    let begun = commits(&served).await;
    fs::write(folder.path().join("a.log"), "1").unwrap();
    running.line();
    assert_eq!(commits(&served).await, begun + 1);
    running.interrupt();
    assert_eq!(running.ended().0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_under_way_is_completed_before_the_program_stops() {
    let served = hub_tests::hub();
    let (hold, held) = Fault::hold();
    served.fault(hold.on("POST").path("/commit/"));
    let (_server, url) = serve(&served).await;
    let (home, folder) = (tempfile::tempdir().unwrap(), folder_with(&[("a.log", b"1")]));
    let running = upload_every(home.path(), &url, folder.path());
    held.reached().await;
    running.interrupt();
    drop(held);
    let ended = tokio::task::spawn_blocking(move || running.ended()).await.unwrap();
    assert_eq!(ended.0, Some(0), "{}", ended.1);
    assert!(ada(&served).file_exists("ada/logs", "a.log").await.unwrap());
}

#[test]
fn a_failure_of_the_first_time_ends_the_command() {
    let place = Place::new();
    fs::write(place.home.path().join("a"), "1").unwrap();
    place.fails(&["upload", "nobody/there", "a", "--every", "0.002"], 4);
}

#[test]
fn only_a_time_above_zero_is_taken() {
    let place = Place::new();
    for wrong in ["0", "-1", "soon", "nan", "inf", "1e300"] {
        let told = place.fails(&["upload", "ada/demo", "a", &format!("--every={wrong}")], 2);
        assert!(told.contains("number of minutes above 0"), "{told}");
    }
}
