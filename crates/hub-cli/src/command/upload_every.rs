//! `hub upload --every`

use std::{pin::pin, time::Duration};

use crate::{
    command::{
        commit::show,
        upload_job::{Missing, UploadJob},
    },
    console,
    failure::{Code, Failure},
    stop::stopped,
};

/// Uploads at once, and again `pause` after each time, until the program is told to stop. Only the first time may make the
/// repository, and only then does a failure end the command: later ones are told, and the next time comes. That nobody reads
/// what was done is no failure of an upload.
pub(super) async fn upload_every(pause: Duration, job: &UploadJob<'_>) -> Result<(), Failure> {
    let mut stop = pin!(stopped());
    let mut is_first = true;
    loop {
        let missing = if is_first { Missing::IsMade } else { Missing::Fails };
        let mut upload = pin!(async {
            match job.commit(missing).await {
                // The folder may be empty still: what comes later needs the repository.
                Err(failure) if missing == Missing::IsMade && failure.is(&[Code::NotFound]) => {
                    job.make_repo().await?;
                    job.commit(missing).await
                }
                done => done,
            }
        });
        let (result, goes_on) = tokio::select! {
            result = &mut upload => (result, true),
            () = &mut stop => {
                console::note("The upload under way is completed first; stop once more to break it off.");
                tokio::select! {
                    result = &mut upload => (result, false),
                    () = stopped() => return Err(Failure::new(Code::Failed, "an upload was broken off")),
                }
            }
        };
        match result {
            Ok(commit) if commit.created || is_first => {
                if let Err(failure) = show(job.session, &commit)
                    && failure.is_told()
                {
                    console::note(format!("hub: {failure}"));
                }
            }
            Ok(_) => {}
            Err(failure) if is_first || !goes_on => return Err(failure),
            Err(failure) => {
                console::note(format!("hub: {failure}; trying again in {} s", pause.as_secs_f64()));
            }
        }
        is_first = false;
        if !goes_on {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = &mut stop => return Ok(()),
        }
    }
}
