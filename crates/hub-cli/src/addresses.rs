//! Addresses in place of ids: whatever command names a repository takes `hf://...` and the URL of a page of the Hub as well.
//!
//! They are read in this one place, before the command runs: it finds the id, the kind, the revision and the path where it would have
//! found them if they had been said one by one.

use hub_api::{Error, HfUri, RepoType, Revision};

use crate::{
    args::{
        Admin, AdminCommand, AdminRepos, Branch, CacheCommand, Command, Discussions, Kind, Models,
        RepoTypeArg, Repos, SpaceSecrets, SpaceVariables, Spaces, Tag,
    },
    client::Session,
    failure::{Code, Failure},
};

/// The kind of a repository as a command has it.
enum KindOf<'a> {
    /// An option says it.
    Said(&'a mut RepoTypeArg),
    /// The command is about one kind alone.
    Fixed(RepoType),
}

impl KindOf<'_> {
    fn given(&self) -> Option<RepoType> {
        match self {
            Self::Said(argument) => argument.given(),
            Self::Fixed(kind) => Some(*kind),
        }
    }

    fn set(&mut self, kind: RepoType) {
        if let Self::Said(argument) = self {
            argument.set(kind);
        }
    }
}

/// Reads addresses for the Hub in use.
struct Reader {
    endpoint: String,
}

/// Puts what addresses name in the place of the arguments of a command.
pub(crate) fn read(session: &Session, command: &mut Command) -> Result<(), Failure> {
    let reader = Reader { endpoint: session.url() };
    match command {
        Command::Repos(args) => reader.repos(args),
        Command::Discussions(args) => reader.discussions(args),
        Command::Models(Models::Kind(args)) => reader.kind(args, RepoType::Model),
        Command::Models(Models::Weights(args) | Models::Tensors(args)) => {
            let kind = KindOf::Fixed(RepoType::Model);
            let path = reader.part(&mut args.repo_id, kind, &mut args.revision)?;
            match (path, &args.filename) {
                (Some(path), Some(said)) if path != *said => Err(twice(&path, said)),
                (Some(path), _) => {
                    args.filename = Some(path);
                    Ok(())
                }
                (None, _) => Ok(()),
            }
        }
        Command::Datasets(args) => reader.kind(args, RepoType::Dataset),
        Command::Spaces(args) => reader.spaces(args),
        Command::Upload(args) => {
            let kind = KindOf::Said(&mut args.source.repo_type);
            let path = reader.part(&mut args.repo_id, kind, &mut args.commit.revision)?;
            let Some(path) = path else { return Ok(()) };
            if let Some(said) = &args.path_in_repo
                && said.trim_matches('/') != path.trim_matches('/')
            {
                return Err(twice(&path, said));
            }
            args.path_in_repo = Some(path);
            Ok(())
        }
        Command::UploadLargeFolder(args) => {
            let kind = KindOf::Said(&mut args.source.repo_type);
            reader.at(&mut args.repo_id, kind, &mut args.revision)
        }
        Command::Download(args) => {
            let kind = KindOf::Said(&mut args.repo_type);
            args.path = reader.part(&mut args.repo_id, kind, &mut args.revision)?;
            match (&args.path, args.filenames.first()) {
                (Some(path), Some(said)) => Err(twice(path, said)),
                _ => Ok(()),
            }
        }
        Command::Cache(CacheCommand::Verify(args)) => {
            reader.at(&mut args.repo_id, KindOf::Said(&mut args.repo_type), &mut args.revision)
        }
        Command::Cache(CacheCommand::Rm(args)) => {
            args.targets.iter_mut().try_for_each(|target| reader.cached(target))
        }
        Command::Admin(Admin {
            command: AdminCommand::Repos(AdminRepos::Disable(repo) | AdminRepos::Enable(repo)),
            ..
        }) => reader.repo(&mut repo.repo_id, KindOf::Said(&mut repo.repo_type)),
        _ => Ok(()),
    }
}

fn twice(path: &str, said: &str) -> Failure {
    let text =
        format!("the address names the path {path:?}, and {said:?} was given besides: say one of them");
    Failure::new(Code::Usage, text)
}

impl Reader {
    /// What a text names, if it is an address.
    fn address(&self, text: &str, kind: Option<RepoType>) -> Result<Option<HfUri>, Error> {
        let uri = HfUri::parse_if_address(text, &self.endpoint)?;
        if let (Some(uri), Some(kind)) = (&uri, kind) {
            uri.check_type(kind)?;
        }
        Ok(uri)
    }

    /// A repository alone.
    fn repo(&self, id: &mut String, kind: KindOf<'_>) -> Result<(), Failure> {
        let text = id.clone();
        let mut revision = None;
        self.at(id, kind, &mut revision)?;
        match revision {
            None => Ok(()),
            Some(_) => Err(too_much(&text, "a revision", "the repository alone")),
        }
    }

    /// A repository, and maybe a revision.
    fn at(&self, id: &mut String, kind: KindOf<'_>, revision: &mut Option<String>) -> Result<(), Failure> {
        let text = id.clone();
        match self.part(id, kind, revision)? {
            None => Ok(()),
            Some(_) => Err(too_much(&text, "a file or folder", "the repository as a whole")),
        }
    }

    /// A repository, maybe a revision, and the path in it, with the `/` at its end that says that it is a folder.
    fn part(
        &self,
        id: &mut String,
        mut kind: KindOf<'_>,
        revision: &mut Option<String>,
    ) -> Result<Option<String>, Failure> {
        let Some(uri) = self.address(id, kind.given())? else { return Ok(None) };
        let said = revision.as_deref().map(str::parse::<Revision>).transpose().map_err(Error::from)?;
        *revision = uri.agreed_revision(said).map_err(Error::from)?.map(String::from);
        kind.set(uri.repo_type());
        let slash = if id.ends_with('/') { "/" } else { "" };
        *id = uri.repo_id().to_string();
        Ok(uri.path().map(|path| format!("{path}{slash}")))
    }

    /// A repository of the cache, or a commit of one, as `cache rm` names them.
    fn cached(&self, target: &mut String) -> Result<(), Failure> {
        let Some(uri) = self.address(target, None)? else { return Ok(()) };
        *target = match (uri.revision().map(Revision::as_commit), uri.path()) {
            (None, None) => format!("{}/{}", uri.repo_type(), uri.repo_id()),
            (Some(Some(commit)), None) => commit.to_string(),
            _ => return Err(too_much(target, "a branch or a file", "a repository or a whole commit id")),
        };
        Ok(())
    }

    fn repos(&self, args: &mut Repos) -> Result<(), Failure> {
        match args {
            Repos::Create(args) => self.repo(&mut args.repo_id, KindOf::Said(&mut args.repo_type)),
            Repos::Delete(args) => self.repo(&mut args.repo_id, KindOf::Said(&mut args.repo_type)),
            Repos::Move(args) => {
                self.repo(&mut args.from_id, KindOf::Said(&mut args.repo_type))?;
                self.repo(&mut args.to_id, KindOf::Said(&mut args.repo_type))
            }
            Repos::Duplicate(args) => {
                self.repo(&mut args.from_id, KindOf::Said(&mut args.repo_type))?;
                match &mut args.to_id {
                    Some(to) => self.repo(to, KindOf::Said(&mut args.repo_type)),
                    None => Ok(()),
                }
            }
            Repos::DeleteFiles(args) => {
                self.at(&mut args.repo_id, KindOf::Said(&mut args.repo_type), &mut args.commit.revision)
            }
            Repos::Settings(args) => self.repo(&mut args.repo_id, KindOf::Said(&mut args.repo_type)),
            Repos::Branch(Branch::Create(args)) => {
                self.at(&mut args.repo_id, KindOf::Said(&mut args.repo_type), &mut args.revision)
            }
            Repos::Branch(Branch::Delete(args)) => {
                self.repo(&mut args.repo_id, KindOf::Said(&mut args.repo_type))
            }
            Repos::Tag(Tag::Create(args)) => {
                self.at(&mut args.repo_id, KindOf::Said(&mut args.repo_type), &mut args.revision)
            }
            Repos::Tag(Tag::Delete(args)) => self.repo(&mut args.repo_id, KindOf::Said(&mut args.repo_type)),
            Repos::Tag(Tag::List(args)) => self.repo(&mut args.repo_id, KindOf::Said(&mut args.repo_type)),
            Repos::List(_) | Repos::Cp(_) => Ok(()),
        }
    }

    fn discussions(&self, args: &mut Discussions) -> Result<(), Failure> {
        let (id, kind) = match args {
            Discussions::List(args) => (&mut args.repo_id, &mut args.repo_type),
            Discussions::Create(args) => (&mut args.repo_id, &mut args.repo_type),
            Discussions::Edit(args) => (&mut args.at.repo_id, &mut args.at.repo_type),
            Discussions::Info { at }
            | Discussions::Comment { at, .. }
            | Discussions::Rename { at, .. }
            | Discussions::Diff { at } => (&mut at.repo_id, &mut at.repo_type),
            Discussions::Close(args) | Discussions::Reopen(args) | Discussions::Merge(args) => {
                (&mut args.at.repo_id, &mut args.at.repo_type)
            }
        };
        self.repo(id, KindOf::Said(kind))
    }

    fn kind(&self, args: &mut Kind, kind: RepoType) -> Result<(), Failure> {
        match args {
            Kind::Info(args) => self.at(&mut args.repo_id, KindOf::Fixed(kind), &mut args.revision),
            Kind::Card(args) => self.repo(&mut args.repo_id, KindOf::Fixed(kind)),
            Kind::List(args) => {
                let args = args.as_mut();
                let Some(id) = &mut args.repo_id else { return Ok(()) };
                args.path = self.part(id, KindOf::Fixed(kind), &mut args.revision)?;
                Ok(())
            }
        }
    }

    fn spaces(&self, args: &mut Spaces) -> Result<(), Failure> {
        let space = match args {
            Spaces::Kind(args) => return self.kind(args, RepoType::Space),
            Spaces::Secrets(SpaceSecrets::Add(args)) => &mut args.space,
            Spaces::Secrets(SpaceSecrets::Delete(args)) => &mut args.space,
            Spaces::Secrets(SpaceSecrets::List(space)) => space,
            Spaces::Variables(SpaceVariables::Add(args)) => &mut args.space,
            Spaces::Variables(SpaceVariables::Delete(args)) => &mut args.space,
            Spaces::Variables(SpaceVariables::List(space)) => space,
            Spaces::Settings(args) => &mut args.space,
            Spaces::Pause(space) => space,
            Spaces::Restart(args) => &mut args.space,
            Spaces::DevMode(args) => &mut args.space,
            Spaces::Wait(args) => &mut args.space,
            Spaces::Hardware | Spaces::Templates => return Ok(()),
        };
        self.repo(&mut space.space_id, KindOf::Fixed(RepoType::Space))
    }
}

fn too_much(text: &str, what: &str, wanted: &str) -> Failure {
    Failure::new(Code::Usage, format!("{text} names {what}, and this command is about {wanted}"))
}
