//! The `User-Agent` header: who calls, with which client, on which toolchain.

use http::HeaderValue;

use crate::Error;

/// `LIB/VER; hub/x.y.z; rust/x.y; caller's parts`, without repetitions, as the Python client builds its own.
pub(crate) fn header(
    library: Option<&(String, Option<String>)>,
    parts: &[String],
) -> Result<HeaderValue, Error> {
    let (name, version) =
        library.map_or(("unknown", None), |(name, version)| (name.as_str(), version.as_deref()));
    let mut all =
        vec![format!("{name}/{}", version.unwrap_or("None")), format!("hub/{}", env!("CARGO_PKG_VERSION"))];
    all.extend(rust());
    for part in parts.iter().flat_map(|part| part.split(';')).map(str::trim) {
        if !part.is_empty() && !all.iter().any(|known| known == part) {
            all.push(part.to_owned());
        }
    }
    HeaderValue::try_from(all.join("; ")).map_err(|source| {
        Error::build("the user agent holds characters that cannot be sent").with_source(source)
    })
}

/// The compiler that built this, if its version is known.
fn rust() -> Option<String> {
    const VERSION: &str = env!("HUB_RUSTC_VERSION");
    (!VERSION.is_empty()).then(|| format!("rust/{VERSION}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(library: Option<(&str, Option<&str>)>, parts: &[&str]) -> String {
        let library = library.map(|(name, version)| (name.to_owned(), version.map(str::to_owned)));
        let parts: Vec<_> = parts.iter().map(|part| (*part).to_owned()).collect();
        header(library.as_ref(), &parts).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn parts_stand_in_order_without_repetitions() {
        let middle = format!("hub/{}; {}", env!("CARGO_PKG_VERSION"), rust().unwrap());
        assert_eq!(text(None, &[]), format!("unknown/None; {middle}"));
        assert_eq!(
            text(Some(("diffusers", Some("1.2"))), &["a/1; b", "a/1"]),
            format!("diffusers/1.2; {middle}; a/1; b")
        );
        assert_eq!(text(Some(("diffusers", None)), &[]), format!("diffusers/None; {middle}"));
    }

    #[test]
    fn the_version_of_rust_is_that_of_the_compiler() {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let said = std::process::Command::new(rustc).arg("--version").output().unwrap().stdout;
        let version = rust().unwrap();
        let version = version.strip_prefix("rust/").unwrap();
        assert!(String::from_utf8(said).unwrap().starts_with(&format!("rustc {version} ")), "{version}");
    }

    #[test]
    fn characters_that_cannot_be_sent_are_an_error() {
        assert!(header(None, &["a\nb".to_owned()]).is_err());
    }
}
