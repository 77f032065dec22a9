//! `hub cp`

mod between;
mod down;
mod scratch;
mod source;
mod target;
mod up;

use self::target::usage;
use super::{cat, commit::agree, standard_input::STREAM};
use crate::{
    args::{Cat, Cp},
    client::Session,
    failure::Failure,
    location::Location,
};

pub(crate) async fn run(session: &Session, mut args: Cp) -> Result<(), Failure> {
    if args.target.as_deref() == Some(STREAM) {
        return cat::run(session, Cat { targets: vec![args.source] }).await;
    }
    let source = Location::read(session, &args.source)?;
    let target = Location::read(session, args.target.as_deref().unwrap_or("."))?;
    match (source, target) {
        (Location::Local(_), Location::Hub(mut target)) if args.source == STREAM => {
            agree(&mut target, &mut args.commit)?;
            up::from_stdin(session, target, args).await
        }
        (Location::Local(source), Location::Hub(mut target)) => {
            agree(&mut target, &mut args.commit)?;
            up::run(session, source, target, args).await
        }
        (Location::Hub(source), Location::Hub(mut target)) => {
            agree(&mut target, &mut args.commit)?;
            between::run(session, source, target, args).await
        }
        (Location::Hub(mut source), Location::Local(target)) => {
            agree(&mut source, &mut args.commit)?;
            if args.commit.is_told() {
                return Err(usage(
                    "no commit is made on this machine: --commit-message and its like are for the Hub",
                ));
            }
            down::run(session, source, target, args.recursive).await
        }
        (Location::Local(_), Location::Local(_)) => {
            Err(usage("both are on this machine: an address begins with hf://, as in hf://ada/demo/a.txt"))
        }
    }
}
