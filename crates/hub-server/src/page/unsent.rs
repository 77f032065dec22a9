//! What somebody wrote into a form that was not taken, for whatever reason: the page of the error has it, to be sent once more.

use hub_types::query::Query;

use super::{form, request::Request};
use crate::{
    body::{self, Incoming},
    route::page::{DiscussionChange, PagePath, RepoPage},
};

/// A form that was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsent {
    /// Where it was sent to.
    pub(super) action: String,
    pub(super) fields: Vec<Field>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) kind: Kind,
}

/// How a field is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Hidden,
    Line(&'static str),
    Text(&'static str),
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "text" => Self::Text("Text"),
            "comment" => Self::Text("Comment"),
            "description" => Self::Text("Description"),
            "title" => Self::Line("Title"),
            "summary" => Self::Line("Summary"),
            "path" => Self::Line("Name, with its folders"),
            _ => Self::Hidden,
        }
    }
}

impl Unsent {
    /// What was sent with a request; nothing where no person wrote anything, or the page of another site sent it. Reads what was not
    /// read before.
    pub(super) async fn read(request: &Request, body: &mut Incoming, path: &PagePath) -> Option<Self> {
        if !has_text(path) || request.parts.method != http::Method::POST {
            return None;
        }
        request.must_be_of_this_site().ok()?;
        if let Some(form) = request.form() {
            return Self::of(request.parts.uri.path(), form);
        }
        let text = body::read_all(body, form::LIMIT).await.ok()?;
        Self::of(request.parts.uri.path(), &Query::parse(&text))
    }

    fn of(action: &str, form: &Query) -> Option<Self> {
        let field = |(name, value): (&str, &str)| Field {
            name: name.to_owned(),
            value: value.to_owned(),
            kind: Kind::of(name),
        };
        let fields: Vec<_> = form.pairs().filter(|(name, _)| *name != "form_token").map(field).collect();
        let is_written = fields.iter().any(|field| field.kind != Kind::Hidden && !field.value.is_empty());
        (is_written && form.once_each(&[]).is_ok()).then(|| Self { action: action.to_owned(), fields })
    }
}

/// Whether a form has a text that took somebody a while. Secrets and tokens are shown to nobody.
fn has_text(path: &PagePath) -> bool {
    use RepoPage as P;
    match path {
        PagePath::Repo { page: P::Edit(..) | P::NewDiscussion, .. } => true,
        PagePath::Repo { page: P::DiscussionChange(_, change), .. } => {
            !matches!(change, DiscussionChange::HideComment(_))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsent(form: &str) -> Option<Unsent> {
        Unsent::of("/x", &Query::parse(form.as_bytes()))
    }

    #[test]
    fn what_a_person_wrote_is_kept_and_the_token_of_the_form_is_not() {
        let kept = unsent("form_token=abc&text=a%0D%0Ab&parent=1").unwrap();
        let text = Field { name: "text".into(), value: "a\r\nb".into(), kind: Kind::Text("Text") };
        let parent = Field { name: "parent".into(), value: "1".into(), kind: Kind::Hidden };
        assert_eq!((kept.action.as_str(), kept.fields), ("/x", vec![text, parent]));
        for nothing in ["", "form_token=abc", "text=&how=commit", "text=a&text=b"] {
            assert_eq!(unsent(nothing), None, "{nothing}");
        }
    }
}
