//! The id under which a server sees the requests of one session together.

use std::time::UNIX_EPOCH;

use http::HeaderValue;
use hub_transport::Transport;

/// The digits of a ULID: Crockford's base 32.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new ULID: 48 bits of time in milliseconds and 80 random bits, as 26 digits.
pub(super) fn new_id(transport: &Transport) -> HeaderValue {
    let time = transport.clock().wall().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let random = u128::from(transport.rng().next_u64()) << 64 | u128::from(transport.rng().next_u64());
    let value = time << 80 | random & ((1 << 80) - 1);
    let digit = |place: u32| {
        let five = (value >> (5 * place)) & 31;
        usize::try_from(five).ok().and_then(|five| DIGITS.get(five)).copied().unwrap_or(b'0')
    };
    let text: Vec<u8> = (0..26).rev().map(digit).collect();
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use hub_transport::testing::Script;

    use super::*;

    #[test]
    fn ids_are_ulids_and_no_two_are_the_same() {
        let hub = Transport::builder("https://hub.test").inner_service(Script::new([])).build().unwrap();
        let (one, other) = (new_id(&hub), new_id(&hub));
        assert_ne!(one, other);
        assert!(one.len() == 26 && one.as_bytes().iter().all(|digit| DIGITS.contains(digit)));
        // The first digit has three bits of the time, which ends in the year 10889.
        assert!(one.to_str().unwrap() > "01K" && one.to_str().unwrap() < "1");
    }
}
