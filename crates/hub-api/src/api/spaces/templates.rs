//! Spaces that new ones can begin as.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, Transport, decode_json, get};
use hub_types::{
    route,
    space::{SpaceTemplate, SpaceTemplates},
};

use crate::{Async, Call, HfApi, Mode};

/// The call that [`HfApi::list_space_templates`] makes.
pub type ListSpaceTemplatesCall<M = Async> = Call<ListSpaceTemplates, M>;

/// `GET /api/spaces/templates`
#[derive(Debug, Clone, Copy)]
pub struct ListSpaceTemplates;

impl Endpoint for ListSpaceTemplates {
    const NAME: &'static str = "list_space_templates";
    type Output = Vec<SpaceTemplate>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::SPACE_TEMPLATES).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Vec<SpaceTemplate>, Error> {
        Ok(decode_json::<SpaceTemplates>(head, &body)?.templates)
    }
}

/// The template that has this id, or this name in any case.
pub(crate) async fn template_called(
    transport: &Transport,
    wanted: &str,
) -> Result<SpaceTemplate, crate::Error> {
    let all = transport.send(&ListSpaceTemplates).await?;
    let is_wanted = |one: &&SpaceTemplate| {
        one.repo_id.as_str() == wanted || one.name.to_lowercase() == wanted.to_lowercase()
    };
    all.iter().find(is_wanted).cloned().ok_or_else(|| {
        let mut names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        crate::Error::setup(format!("there is no template {wanted:?} for Spaces; there are: {names}"))
    })
}

impl<M: Mode> HfApi<M> {
    /// The Spaces that new ones can begin as, for [`space_template`](Call::space_template). Python:
    /// `list_space_templates`.
    ///
    /// # Errors
    /// Those of every request.
    ///
    /// Endpoint: `GET /api/spaces/templates`.
    pub fn list_space_templates(&self) -> ListSpaceTemplatesCall<M> {
        self.call(ListSpaceTemplates)
    }
}
