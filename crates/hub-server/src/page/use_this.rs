//! How a repository is used: commands and programs that are filled with its name and the address of this Hub.

use hub_types::RepoType;

/// Text to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipe {
    /// The id of its element.
    pub(super) id: &'static str,
    /// With what it is used.
    pub(super) title: &'static str,
    pub(super) text: String,
}

/// What the recipes are filled with.
#[derive(Debug, Clone)]
pub(super) struct Repo<'r> {
    pub(super) repo_type: RepoType,
    /// `ada/demo`.
    pub(super) id: &'r str,
    /// The address of this Hub, without a slash at its end.
    pub(super) base: &'r str,
    /// The path of its page.
    pub(super) page: &'r str,
    /// The branch, where it is another one than clients take by themselves.
    pub(super) branch: Option<&'r str>,
    pub(super) library: Option<&'r str>,
    pub(super) task: Option<&'r str>,
}

impl Repo<'_> {
    /// All recipes for it.
    pub(super) fn recipes(&self) -> Vec<Recipe> {
        let recipe = |id, title, text| Recipe { id, title, text };
        let mut recipes = vec![
            recipe("use-hub", "hub", self.command("hub")),
            recipe("use-hf", "hf", self.command("hf")),
            recipe("use-python", "huggingface_hub", self.snapshot()),
        ];
        recipes.extend(self.of_library().map(|(title, text)| recipe("use-library", title, text)));
        recipes.push(recipe("use-git", "git and git-lfs", self.git()));
        recipes
    }

    fn command(&self, program: &str) -> String {
        let repo_type = match self.repo_type {
            RepoType::Dataset => " --repo-type dataset",
            RepoType::Space => " --repo-type space",
            _ => "",
        };
        let revision = self.branch.map(|branch| format!(" --revision {}", shell(branch))).unwrap_or_default();
        format!(
            "export HF_ENDPOINT={}\n{program} download {}{repo_type}{revision}",
            shell(self.base),
            self.id
        )
    }

    fn snapshot(&self) -> String {
        let repo_type = match self.repo_type {
            RepoType::Dataset => ", repo_type=\"dataset\"",
            RepoType::Space => ", repo_type=\"space\"",
            _ => "",
        };
        format!(
            "from huggingface_hub import snapshot_download\n\npath = snapshot_download(\n    \"{}\"{repo_type}{},\n    endpoint={},\n)",
            self.id,
            self.revision(),
            python(self.base),
        )
    }

    fn revision(&self) -> String {
        self.branch.map(|branch| format!(", revision={}", python(branch))).unwrap_or_default()
    }

    /// What the library of the repository has for it.
    fn of_library(&self) -> Option<(&'static str, String)> {
        let (title, import, call) = match (self.repo_type, self.library) {
            (RepoType::Dataset, _) => {
                ("datasets", "from datasets import load_dataset", "dataset = load_dataset(")
            }
            (RepoType::Model, Some("transformers")) => match self.task.filter(|task| is_word(task)) {
                Some(task) => return Some(("transformers", self.pipeline(task))),
                None => (
                    "transformers",
                    "from transformers import AutoModel",
                    "model = AutoModel.from_pretrained(",
                ),
            },
            (RepoType::Model, Some("diffusers")) => (
                "diffusers",
                "from diffusers import DiffusionPipeline",
                "pipeline = DiffusionPipeline.from_pretrained(",
            ),
            (RepoType::Model, Some("sentence-transformers")) => (
                "sentence-transformers",
                "from sentence_transformers import SentenceTransformer",
                "model = SentenceTransformer(",
            ),
            (RepoType::Model, Some("peft")) => {
                ("peft", "from peft import AutoPeftModel", "model = AutoPeftModel.from_pretrained(")
            }
            _ => return None,
        };
        Some((title, format!("{}{import}\n\n{call}\"{}\"{})", self.environment(), self.id, self.revision())))
    }

    fn pipeline(&self, task: &str) -> String {
        format!(
            "{}from transformers import pipeline\n\npipe = pipeline(\"{task}\", model=\"{}\"{})",
            self.environment(),
            self.id,
            self.revision(),
        )
    }

    /// Libraries are told of another Hub by the environment, before they are loaded.
    fn environment(&self) -> String {
        format!("import os\nos.environ[\"HF_ENDPOINT\"] = {}\n\n", python(self.base))
    }

    fn git(&self) -> String {
        let branch = self.branch.map(|branch| format!(" --branch {}", shell(branch))).unwrap_or_default();
        let url = shell(&format!("{}{}", self.base, self.page));
        format!(
            "git lfs install\ngit clone{branch} {url}\n\n# without the large files:\nGIT_LFS_SKIP_SMUDGE=1 git clone{branch} {url}"
        )
    }
}

/// Whether a word of an author means nothing to a program.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A text as one word of a shell.
fn shell(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A text as one of Python.
fn python(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repo<'r>(repo_type: RepoType, library: Option<&'r str>, task: Option<&'r str>) -> Repo<'r> {
        let (id, base, page) = ("ada/demo", "https://hub.example.org", "/ada/demo");
        Repo { repo_type, id, base, page, branch: None, library, task }
    }

    fn text(repo: &Repo<'_>, id: &str) -> String {
        let found = repo.recipes().into_iter().find(|recipe| recipe.id == id);
        found.map(|recipe| recipe.text).unwrap_or_default()
    }

    #[test]
    fn recipes_name_this_hub_and_the_repository() {
        let model = repo(RepoType::Model, Some("transformers"), Some("text-generation"));
        assert_eq!(
            text(&model, "use-hub"),
            "export HF_ENDPOINT=https://hub.example.org\nhub download ada/demo"
        );
        assert!(text(&model, "use-library").ends_with("pipeline(\"text-generation\", model=\"ada/demo\")"));
        assert!(text(&model, "use-git").contains("git clone https://hub.example.org/ada/demo\n"));
        let dataset = repo(RepoType::Dataset, None, None);
        assert!(text(&dataset, "use-hf").ends_with("hf download ada/demo --repo-type dataset"));
        assert!(text(&dataset, "use-python").contains("\"ada/demo\", repo_type=\"dataset\","));
        assert!(text(&dataset, "use-library").ends_with("load_dataset(\"ada/demo\")"));
        assert_eq!(text(&repo(RepoType::Space, Some("transformers"), None), "use-library"), "");
        let other = Repo { branch: Some("dev/x"), ..repo(RepoType::Model, Some("diffusers"), None) };
        assert!(text(&other, "use-hf").ends_with(" --revision dev/x"));
        assert!(text(&other, "use-git").contains("git clone --branch dev/x https"));
        assert!(text(&other, "use-library").ends_with("from_pretrained(\"ada/demo\", revision=\"dev/x\")"));
    }

    #[test]
    fn nothing_that_an_author_writes_is_a_command() {
        let task = "x\"); import os; os.system(\"rm -rf /";
        let branch = "a;$(rm -rf)'\"`b`";
        let hostile =
            Repo { branch: Some(branch), ..repo(RepoType::Model, Some("transformers"), Some(task)) };
        for recipe in hostile.recipes() {
            assert!(!recipe.text.contains(task), "{}", recipe.text);
        }
        assert!(text(&hostile, "use-hub").ends_with(r#" --revision 'a;$(rm -rf)'\''"`b`'"#));
        assert!(text(&hostile, "use-library").ends_with(r#"revision="a;$(rm -rf)'\"`b`")"#));
    }
}
