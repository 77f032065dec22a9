//! Xet: tokens for the store of chunks, the store itself, and copies of files between repositories.
//!
//! The routes of the store are those of the protocol; its formats are in `hub-xet`.

mod chunks;
mod duplicate;
mod fetch;
mod reconstruction;
mod shards;
mod token;
mod xorbs;

use http::{Method, Response, StatusCode, request::Parts};
use hub_xet::{XetError, wire::CasRoute};

pub(crate) use duplicate::duplicate;
pub(crate) use token::{Grants, token};

use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::Context,
    route::{
        cas::{Cas, CasPath},
        rights::Access,
        table::{self, Needs},
        xet_scope,
    },
    store::XetFault,
};

/// Answers what is asked of the store.
pub(crate) async fn response(
    context: &Context,
    parts: &Parts,
    body: &mut Incoming,
    cas: Cas<'_>,
) -> Result<Response<Body>, ApiError> {
    let Some(path) = cas.path.filter(|_| context.hub().offers_xet) else {
        return Err(ApiError::nowhere());
    };
    let operations = table::of_cas(&path);
    let Some(operation) = operations.iter().find(|operation| operation.answers(&parts.method)) else {
        return Err(ApiError::method_not_allowed(&table::allowed(operations)));
    };
    let needs = operation.needs;
    if needs == Needs::SignedUrl {
        return match path {
            CasPath::Bytes(xorb) => fetch::bytes(context, parts, xorb).await,
            CasPath::Route(_) => Err(ApiError::nowhere()),
        };
    }
    let headers = parts.headers.clone();
    let admit = move |hub: &crate::context::Inner| {
        xet_scope::admit((&hub.store, &hub.signer), &headers, &path, needs)
    };
    let access = context.blocking(admit).await?;
    if cas.store != context.hub().store.xet().instance() {
        let message = "the store of this Hub has another name by now: ask for a new token";
        return Err(ApiError::new(StatusCode::NOT_FOUND, message));
    }
    let CasPath::Route(route) = path else { return Err(ApiError::nowhere()) };
    let repo = access.repo.repo.clone();
    in_repo(context, parts, body, (access, route)).await.map_err(|error| error.in_repo(&repo))
}

async fn in_repo(
    context: &Context,
    parts: &Parts,
    body: &mut Incoming,
    (access, route): (Access, CasRoute),
) -> Result<Response<Body>, ApiError> {
    match route {
        CasRoute::ReconstructionV2(file) => reconstruction::second(context, parts, access, file).await,
        CasRoute::ReconstructionV1(file) => reconstruction::first(context, parts, access, file).await,
        CasRoute::Reconstructions => reconstruction::several(context, access).await,
        CasRoute::File(file) => reconstruction::size(context, access, file).await,
        CasRoute::Chunk(chunk) => chunks::known(context, access, chunk).await,
        CasRoute::Xorb(xorb) if parts.method == Method::POST => xorbs::put(context, parts, body, xorb).await,
        CasRoute::Xorb(xorb) => xorbs::size(context, xorb).await,
        CasRoute::ShardsV2 => shards::second(context, access, body).await,
        CasRoute::ShardsV1 => shards::first(context, access, body).await,
        _ => Err(ApiError::nowhere()),
    }
}

impl From<XetFault> for ApiError {
    fn from(fault: XetFault) -> Self {
        match fault {
            XetFault::Invalid(XetError::OutOfRange { .. }) => {
                Self::new(StatusCode::RANGE_NOT_SATISFIABLE, fault.to_string())
            }
            XetFault::Invalid(_) => Self::bad_request(fault.to_string()),
            XetFault::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, fault.to_string()),
            XetFault::Body(source) => match source.downcast::<Self>() {
                Ok(error) => *error,
                Err(source) => Self::bad_request(format!("the upload broke off: {source}")),
            },
            XetFault::Gone => Self::new(StatusCode::REQUEST_TIMEOUT, fault.to_string()),
            XetFault::Store(error) => error.into(),
        }
    }
}
