//! Values that look like credentials to a detector and are none.
//!
//! Fixture texts say `{{sim:aws_access_key_id}}`; the value is put together here, when the world is loaded, so that
//! neither the fixtures nor this source contain anything a secret scanner would report.

use crate::digest;

/// Replaces every `{{sim:NAME}}`; `None` when the content holds none.
pub(crate) fn fill(content: &str) -> Option<String> {
    if !content.contains("{{sim:") {
        return None;
    }
    let mut parts = content.split("{{sim:");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("}}") {
            Some((name, rest)) => {
                filled.push_str(&sample(name));
                filled.push_str(rest);
            }
            None => filled.push_str(part),
        }
    }
    Some(filled)
}

fn sample(name: &str) -> String {
    match name {
        "aws_access_key_id" => {
            format!("{}{}", "AKI".to_owned() + "A", letters(name, 16, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
        }
        "aws_secret_access_key" => letters(name, 40, ALPHANUMERIC),
        "github_token" => format!("gh{}_{}", "p", letters(name, 36, ALPHANUMERIC)),
        "stripe_key" => format!("sk_{}_{}", "live", letters(name, 24, ALPHANUMERIC)),
        "slack_token" => format!("xo{}-123456789012-{}", "xb", letters(name, 24, ALPHANUMERIC)),
        "private_key" => pem(name),
        _ => letters(name, 24, ALPHANUMERIC),
    }
}

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn letters(seed: &str, count: usize, alphabet: &[u8]) -> String {
    (0..count)
        .map(|index| {
            let digest = digest::sha256(&[seed.as_bytes(), &index.to_be_bytes()]);
            char::from(alphabet[usize::from(digest[0]) % alphabet.len()])
        })
        .collect()
}

fn pem(seed: &str) -> String {
    let lines: Vec<String> = (0..6).map(|line| letters(&format!("{seed}{line}"), 64, ALPHANUMERIC)).collect();
    let label = ["RSA", "PRIVATE", "KEY"].join(" ");
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
}
