//! Values: stand-ins, and strings that nobody writes by chance.

use std::sync::LazyLock;

use regex::Regex;
use sha2::{Digest, Sha256};

/// Bits per byte from which a value is no word.
const STRONG_ENTROPY: f64 = 2.5;

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)example|sample|change[-_ ]?(?:me|it|this)|your[-_ ]?|(?:^|[-_])my[-_]|x{4,}|placeholder|dummy|replace|insert|redacted|\*{3}|•|<[^>]*>|\$\{|\$\(|\{\{|^%.*%$|^\$\w+$|todo|not[-_ ]?set|^n/?a$|^(?:test|mock|fake|foo|bar|baz|none|null|nil|undefined|string|secret|password|passwd|pass|token|admin|root|user|default|empty|value|key|optional|required|true|false|postgres|mysql|guest|hidden|masked|invalid|unknown|abc|xyz)\d{0,6}!?$|\.\.\.|^(?:1234|abcd|asdf|qwer)\w{0,6}$";
    Regex::new(pattern).expect("a constant that a test runs")
});

/// A value that stands for one.
pub fn is_placeholder(value: &str) -> bool {
    PLACEHOLDER.is_match(value)
}

/// A value nobody would write by chance: long enough, with a digit, and no word.
pub fn is_strong(value: &str) -> bool {
    value.len() >= 8
        && value.bytes().any(|b| b.is_ascii_digit())
        && entropy(value.as_bytes()) >= STRONG_ENTROPY
}

/// Shannon entropy, bits per byte.
pub fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let total = f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX).max(1));
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

/// First eight hex digits of a secret's SHA-256: enough to tell two apart, not to find either.
pub fn short_hash(secret: &[u8]) -> String {
    Sha256::digest(secret).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_two_even_symbols_is_one_bit() {
        assert!((entropy(b"abab") - 1.0).abs() < 1e-9);
        assert!(entropy(b"").abs() < 1e-9);
    }

    #[test]
    fn stand_ins_are_told_from_values() {
        for value in ["changeme", "your-api-key-here", "${DB_PASSWORD}", "secret", "<token>", "test1"] {
            assert!(is_placeholder(value), "{value}");
        }
        assert!(!is_placeholder("9f8d7s6a5f4d3s2a1q") && is_strong("9f8d7s6a5f4d3s2a1q"));
        assert!(!is_strong("aaaaaaa1") && !is_strong("abcdefghij"));
    }
}
