//! Of which operation a URL is an example.

use std::cmp::Reverse;

use http::Method;
use hub_server::{Operation, routes};

/// The operation of which a URL is an example: of those that fit the one with the fewest names and most words. `{}` is the id of
/// a repository.
pub(super) fn operation(method: &Method, route: &str) -> Option<&'static Operation> {
    let path = route.split('?').next().unwrap_or_default();
    let of = |method: &Method| {
        let method = method.as_str().to_owned();
        routes().iter().filter(move |operation| operation.method == method && fits(operation.path, path))
    };
    // What answers `GET` answers `HEAD`; some answers are to `HEAD` alone.
    let gets = of(&Method::GET).filter(|_| *method == Method::HEAD);
    of(method)
        .chain(gets)
        .min_by_key(|operation| (operation.path.matches('{').count(), Reverse(operation.path.len())))
}

fn fits(url: &str, path: &str) -> bool {
    // Outside the API, what is of a dataset or a Space begins with that.
    let is_repo = |rest: &&str| rest.starts_with("/{}");
    let kind = ["/datasets", "/spaces"].iter().find_map(|kind| path.strip_prefix(kind).filter(is_repo));
    let path = kind.unwrap_or(path);
    let (url, any_more) = match url.strip_suffix("/{path}") {
        Some(start) => (start, true),
        None => (url, false),
    };
    let (names, segments): (Vec<_>, Vec<_>) = (url.split('/').collect(), path.split('/').collect());
    let lengths = names.len() == segments.len() || (any_more && names.len() < segments.len());
    lengths
        && names.iter().zip(&segments).all(|(name, segment)| match name.split_once('}') {
            None => name == segment,
            Some((name, end)) => segment.strip_suffix(end).is_some_and(|start| match name {
                "{id" => start == "{}",
                "{type" => ["models", "datasets", "spaces"].contains(&start),
                _ => start != "{}",
            }),
        })
}
