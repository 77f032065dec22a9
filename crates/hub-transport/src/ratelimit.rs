//! How long a server asks to wait: `Retry-After` (RFC 9110 section 10.2.3) and the Hub's `RateLimit` header.

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The wait that a response asks for; `None` if it asks for none that lies in the future.
///
/// `RateLimit: "api";r=0;t=117` counts on a 429 when nothing remains: on other responses it says nothing. Otherwise
/// `Retry-After`, in seconds or as a date. A date is compared with the response's own `Date`, so that a wrong local clock has
/// no effect; `wall` is used without one.
pub(crate) fn server_wait(status: StatusCode, headers: &HeaderMap, wall: SystemTime) -> Option<Duration> {
    let exhausted =
        || headers.get_all(RATELIMIT).iter().filter_map(|value| exhausted_for(value.to_str().ok()?)).max();
    let wait = match status {
        StatusCode::TOO_MANY_REQUESTS => exhausted(),
        _ => None,
    };
    wait.or_else(|| retry_after(headers, wall)).filter(|wait| !wait.is_zero())
}

/// The longest wait among the entries of a `RateLimit` value of which nothing remains. Malformed entries are ignored.
fn exhausted_for(value: &str) -> Option<Duration> {
    value.split(',').filter_map(entry).max()
}

fn entry(entry: &str) -> Option<Duration> {
    let (mut remaining, mut reset) = (None, None);
    for parameter in entry.split(';').skip(1) {
        match parameter.trim().split_once('=') {
            Some(("r", number)) => remaining = seconds(number),
            Some(("t", number)) => reset = seconds(number),
            _ => {}
        }
    }
    (remaining? == 0).then_some(Duration::from_secs(reset?))
}

fn retry_after(headers: &HeaderMap, wall: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Some(seconds) = seconds(value) {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let date = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    until.duration_since(date.unwrap_or(wall)).ok()
}

/// Digits only; what does not fit is "very long".
fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse::<u32>().map_or(u64::from(u32::MAX), u64::from))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn wait(status: u16, headers: &[(&'static str, &str)]) -> Option<u64> {
        let map = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let wall = httpdate::parse_http_date("Fri, 01 Jan 2027 00:00:00 GMT").unwrap();
        server_wait(StatusCode::from_u16(status).unwrap(), &map, wall).map(|wait| wait.as_secs())
    }

    #[test]
    fn f32_dates_are_relative_to_the_date_of_the_response() {
        let date = ("date", "Fri, 01 Jan 2021 00:00:00 GMT");
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<u64>);
        let cases: [Case<'_>; 6] = [
            (&[("retry-after", "7")], Some(7)),
            (&[date, ("retry-after", "Fri, 01 Jan 2021 00:00:30 GMT")], Some(30)),
            (&[date, ("retry-after", "Thu, 31 Dec 2020 23:59:00 GMT")], None),
            (&[("retry-after", "Fri, 01 Jan 2027 00:01:00 GMT")], Some(60)),
            (&[("retry-after", "0")], None),
            (&[("retry-after", "99999999999999999999")], Some(u64::from(u32::MAX))),
        ];
        for (headers, expected) in cases {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, *value)).collect();
            assert_eq!(wait_owned(503, &headers), expected, "{headers:?}");
        }
    }

    fn wait_owned(status: u16, headers: &[(&str, &str)]) -> Option<u64> {
        let names = [("date", "date"), ("retry-after", "retry-after"), ("ratelimit", "ratelimit")];
        let fixed: Vec<(&'static str, &str)> = headers
            .iter()
            .filter_map(|(name, value)| Some((names.iter().find(|(known, _)| known == name)?.0, *value)))
            .collect();
        wait(status, &fixed)
    }

    #[test]
    fn f33_the_rate_limit_counts_when_nothing_remains_on_a_429() {
        let cases = [
            (429, "\"api\";r=0;t=117", Some(117)),
            (429, "\"api\";r=3;t=117", None),
            (429, "\"api\";r=0;t=-5", None),
            (429, "\"api\";r=0", None),
            (429, "nonsense;;=;r", None),
            (429, "\"api\";r=0;t=5, \"pages\"; r=0; t=9", Some(9)),
            (200, "\"api\";r=0;t=117", None),
        ];
        for (status, value, expected) in cases {
            assert_eq!(wait(status, &[("ratelimit", value)]), expected, "{status} {value}");
        }
        assert_eq!(wait(429, &[("ratelimit", "\"api\";r=2;t=9"), ("retry-after", "4")]), Some(4));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(value in "[ -~]{0,60}", status in 100u16..600) {
            wait(status, &[("ratelimit", &value), ("retry-after", &value), ("date", &value)]);
        }

        #[test]
        fn any_number_of_seconds_is_understood(seconds in 1u32..) {
            prop_assert_eq!(wait(503, &[("retry-after", &seconds.to_string())]), Some(u64::from(seconds)));
        }
    }
}
