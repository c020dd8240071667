//! A name for a finding that outlives moved lines: rule, path, enclosing symbol and the code itself with its layout
//! taken out. Equal code twice in one symbol is told apart by a running number.

use sha2::{Digest, Sha256};

/// 32 hex digits.
pub(crate) fn fingerprint(rule: &str, path: &str, symbol: &str, snippet: &str, nth: u32) -> String {
    let mut hash = Sha256::new();
    for part in [rule, path, symbol] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut space = false;
    for c in snippet.chars().take(2_000) {
        if c.is_whitespace() {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) {
            hash.update(b" ");
        }
        hash.update(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    hash.update([0]);
    hash.update(nth.to_le_bytes());
    hex(&hash.finalize()[..16])
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn layout_does_not_matter_and_everything_else_does() {
        let base = fingerprint("r", "a.js", "f", "log( email )", 0);
        assert_eq!(base, fingerprint("r", "a.js", "f", "log(\n   email\t)", 0));
        for other in [
            fingerprint("q", "a.js", "f", "log( email )", 0),
            fingerprint("r", "b.js", "f", "log( email )", 0),
            fingerprint("r", "a.js", "g", "log( email )", 0),
            fingerprint("r", "a.js", "f", "log( phone )", 0),
            fingerprint("r", "a.js", "f", "log( email )", 1),
        ] {
            assert_ne!(base, other);
        }
    }
}
