//! `hub upload`

use hub_api::{
    CommitPlan,
    commit::{Action, PlanEntry},
};

use crate::{
    args::Upload,
    client::Session,
    command::{
        commit::show,
        upload_every::upload_every,
        upload_job::{Missing, UploadJob},
    },
    failure::Failure,
    output::Brief,
    shown::{counted, escaped, human_size},
};

pub(crate) async fn run(session: &Session, args: Upload) -> Result<(), Failure> {
    let (every, dry_run) = (args.every, args.dry_run);
    let job = UploadJob::new(session, args).await?;
    if dry_run {
        let plan = job.plan().await?;
        let changes = plan.entries().iter().filter(|entry| entry.action != Action::Skip);
        let paths = changes.map(|entry| entry.path.clone()).collect();
        return session.output.value(&plan, || described(&plan), Brief::Lines(paths));
    }
    match every {
        Some(pause) => upload_every(pause, &job).await,
        None => show(session, &job.commit(Missing::IsMade).await?),
    }
}

/// A plan for people: one line for each path, then the sums.
fn described(plan: &CommitPlan) -> String {
    let mut text: String = plan.entries().iter().map(|entry| format!("{}\n", entry_line(entry))).collect();
    for warning in plan.warnings() {
        text.push_str(&format!("warning: {warning}\n"));
    }
    let totals = plan.totals();
    if plan.is_of_new_repo() {
        let sums = format!(
            "{} to add, {} left out: up to {} to send. The {} is not there and would be made first. Nothing was changed.",
            totals.add,
            totals.skip,
            human_size(totals.bytes_to_send),
            plan.repo()
        );
        return text + &sums;
    }
    let sums = format!(
        "{} to add, {} to replace, {} to delete, {} left out: {} to send in {}. Nothing was changed.",
        totals.add,
        totals.replace,
        totals.delete,
        totals.skip,
        human_size(totals.bytes_to_send),
        counted(totals.requests, "request", "requests")
    );
    text + &sums
}

fn entry_line(entry: &PlanEntry) -> String {
    let action = match entry.action {
        Action::Add => "add",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Skip => "skip",
    };
    let mut notes: Vec<String> = Vec::new();
    if let (Some(size), None) = (entry.size, &entry.reason) {
        notes.push(human_size(size));
    }
    if entry.stored {
        notes.push("already stored".to_owned());
    }
    notes.extend(entry.reason.as_ref().map(ToString::to_string));
    // Names of local files may hold anything; a line stays a line.
    let path = escaped(&entry.path, char::is_control);
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    format!("{action:<8} {path}{notes}")
}
