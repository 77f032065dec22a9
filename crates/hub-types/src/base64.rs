//! Standard base64 with padding and without line breaks: how content travels inside commits and in questions about files.
//!
//! The processor's vector instructions are used where it has them, which is found out while the program runs.

use std::sync::LazyLock;

use ::base64::{DecodeError, Engine, engine::GeneralPurposeConfig};

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
type Standard = ::base64::engine::Simd;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Standard = ::base64::engine::GeneralPurpose;

static STANDARD: LazyLock<Standard> = LazyLock::new(|| {
    let config = GeneralPurposeConfig::new();
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    return Standard::standard(config);
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return Standard::new(&::base64::alphabet::STANDARD, config);
});

/// A text that is not base64; says which byte of it is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotBase64(DecodeError);

/// Length of `size` bytes in base64.
pub const fn encoded_len(size: u64) -> u64 {
    size.div_ceil(3).saturating_mul(4)
}

/// `content` in base64.
pub fn encode(content: &[u8]) -> String {
    STANDARD.encode(content)
}

/// Writes `content` in base64 to the beginning of `to`, and says how many bytes that took: [`encoded_len`] of its length.
/// `None` when `to` is shorter.
pub fn encode_to(content: &[u8], to: &mut [u8]) -> Option<usize> {
    STANDARD.encode_slice(content, to).ok()
}

/// What `text` stands for.
///
/// # Errors
/// When it is not base64, or not padded.
pub fn decode(text: &str) -> Result<Vec<u8>, NotBase64> {
    STANDARD.decode(text).map_err(NotBase64)
}

/// As [`decode`], in place of what `content` held, so that its memory serves many texts.
///
/// # Errors
/// As for [`decode`]; then `content` may hold anything.
pub fn decode_to(text: &str, content: &mut Vec<u8>) -> Result<(), NotBase64> {
    content.clear();
    STANDARD.decode_vec(text, content).map_err(NotBase64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_the_base64_of_the_standard() {
        for (content, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(encode(content.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), content.as_bytes());
        }
        assert_eq!(encode(&[0xfb; 3]), "+/v7");
    }

    #[test]
    fn what_is_not_padded_or_has_other_characters_is_refused() {
        for wrong in ["Zg", "Zg=", "Zm9v\n", "Zm9-", "Z=g=", &format!("{}*{}", "Zm9v".repeat(60), "Zm9")] {
            assert!(decode(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn all_ways_agree(content in proptest::collection::vec(any::<u8>(), 0..700)) {
            let text = encode(&content);
            prop_assert_eq!(text.len() as u64, encoded_len(content.len() as u64));
            let mut to = vec![0; text.len()];
            prop_assert_eq!(encode_to(&content, &mut to), Some(text.len()));
            prop_assert_eq!(&to, text.as_bytes());
            let mut back = b"before".to_vec();
            decode_to(&text, &mut back).unwrap();
            prop_assert_eq!(&back, &content);
            prop_assert_eq!(decode(&text).unwrap(), content);
        }

        #[test]
        fn it_agrees_with_the_plain_way(text in "[A-Za-z0-9+/=*-]{0,200}") {
            let plain = ::base64::engine::general_purpose::STANDARD.decode(&text);
            prop_assert_eq!(decode(&text).map_err(|error| error.0), plain);
        }
    }
}
