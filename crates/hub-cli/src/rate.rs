//! Bytes a second, as a person writes them.

/// Units and what they stand for. The longer ones come before those that they end in.
const UNITS: [(&str, u64); 10] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("k", 1_000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("b", 1),
];

/// Reads `10MiB`, `1.5 MB/s`, `250k` or `4096`. Letters of either case; `/s` may follow.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no rate: write for example 10MiB, 1.5MB or 4096");
    let lower = text.trim().to_ascii_lowercase();
    let amount = lower.strip_suffix("/s").unwrap_or(&lower);
    let unit = UNITS.into_iter().find_map(|(unit, size)| Some((amount.strip_suffix(unit)?, size)));
    let (number, size) = unit.unwrap_or((amount, 1));
    let number = number.trim_end();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let scale = u32::try_from(fraction.len()).ok().and_then(|places| 10u64.checked_pow(places));
    let fraction = u128::from(fraction.parse::<u64>().map_err(|_| wrong())?) * u128::from(size);
    let fraction = fraction / u128::from(scale.ok_or_else(wrong)?);
    let fraction = u64::try_from(fraction).map_err(|_| wrong())?;
    let rate = whole.checked_mul(size).and_then(|rate| rate.checked_add(fraction)).ok_or_else(wrong)?;
    // A limit so low that it rounds to "no limit" was not meant.
    let is_zero = number.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    Ok(if is_zero { 0 } else { rate.max(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_with_their_units() {
        for (text, rate) in [
            ("0", 0),
            ("0.0MiB", 0),
            ("4096", 4096),
            ("4096b", 4096),
            ("10MiB", 10 << 20),
            ("10 mib/s", 10 << 20),
            ("1.5MB", 1_500_000),
            ("250k", 250_000),
            ("2G", 2_000_000_000),
            ("1GiB", 1 << 30),
            ("0.25KiB", 256),
            ("0.1", 1),
        ] {
            assert_eq!(parse(text), Ok(rate), "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in
            ["", "MiB", "-1", "1e6", "ten", "1.2.3", "1.", ".5", "10 bananas", "99999999999GiB", "1TB", "inf"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
