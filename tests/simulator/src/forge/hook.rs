//! Webhook deliveries: what is to be sent, and what became of it.

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The App's webhook.
#[derive(Debug, Default)]
pub(crate) struct Hook {
    pub(crate) target: Option<Target>,
    pub(crate) pending: Vec<Pending>,
    pub(crate) attempts: Vec<Attempt>,
    /// Sent as soon as they are there.
    pub(crate) automatic: bool,
    pub(crate) made: u64,
}

/// Where deliveries go, and what they are signed with.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) secret: String,
}

/// A delivery that waits to be sent.
#[derive(Debug, Clone)]
pub struct Pending {
    /// `X-GitHub-Delivery`.
    pub guid: String,
    /// `X-GitHub-Event`.
    pub event: String,
    /// The payload, as it is signed and sent.
    pub payload: Bytes,
    /// Whether it was sent before.
    pub redelivery: bool,
}

impl Pending {
    /// The payload as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or_default()
    }
}

/// One attempt to deliver.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Its id.
    pub id: u64,
    /// What was sent, or was to be.
    pub delivery: Pending,
    /// What was answered; 0 when nothing was.
    pub status_code: u16,
    /// When.
    pub delivered_at: jiff::Timestamp,
    /// How long the answer took.
    pub took: std::time::Duration,
}

/// How deliveries go.
#[derive(Debug, Clone, Copy)]
pub struct Delivering {
    /// Every nth gets lost on the way; GitHub notes that it failed.
    pub lose_every: Option<u64>,
    /// Every nth is made twice.
    pub duplicate_every: Option<u64>,
    /// In another order, the same one for the same seed.
    pub shuffle: Option<u64>,
    /// How many are under way at once.
    pub at_once: usize,
}

impl Default for Delivering {
    fn default() -> Self {
        Self { lose_every: None, duplicate_every: None, shuffle: None, at_once: 1 }
    }
}

impl Delivering {
    /// The deliveries in the order they are made; `true` for those that get lost.
    pub(crate) fn plan(&self, pending: Vec<Pending>) -> Vec<(Pending, bool)> {
        let nth = |every: Option<u64>, index: usize| {
            every.is_some_and(|every| (index as u64 + 1).is_multiple_of(every.max(1)))
        };
        let mut plan = Vec::new();
        for (index, delivery) in pending.into_iter().enumerate() {
            if nth(self.duplicate_every, index) {
                plan.push((delivery.clone(), false));
            }
            plan.push((delivery, nth(self.lose_every, index)));
        }
        if let Some(seed) = self.shuffle {
            shuffle(&mut plan, seed);
        }
        plan
    }
}

/// Fisher-Yates over a xorshift: the same seed gives the same order.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for last in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let pick = usize::try_from(state % (last as u64 + 1)).unwrap_or(0);
        items.swap(last, pick);
    }
}

/// `sha256=…` over a body, as `X-Hub-Signature-256` carries it (RFC 2104).
pub fn sign(secret: &str, body: &[u8]) -> String {
    let mut key = [0_u8; 64];
    match secret.len() {
        0..=64 => key[..secret.len()].copy_from_slice(secret.as_bytes()),
        _ => key[..32].copy_from_slice(&Sha256::digest(secret.as_bytes())),
    }
    let pad = |with: u8| key.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(body).finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    format!("sha256={}", hex::encode(outer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_githubs() {
        let signature = sign("It's a Secret to Everybody", b"Hello, World!");
        assert_eq!(signature, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
        // RFC 4231, test case 6: a key longer than a block.
        let long = "\u{aa}".repeat(131);
        assert_eq!(sign(&long, b"x").len(), 71);
    }

    #[test]
    fn the_same_seed_gives_the_same_order() {
        let order = |seed| {
            let mut items: Vec<u32> = (0..20).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        assert_ne!(order(1), (0..20).collect::<Vec<_>>());
    }
}
