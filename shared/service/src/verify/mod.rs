//! Pull requests are judged: a message comes in, check runs on GitHub say how it ended.
//!
//! The way of a message: [`target`] looks up what it names as it is now → [`claim`] decides whether this message works
//! on it → [`checks`] opens the check runs → [`read`] fetches the change → the policy engine judges → [`outcome`] words
//! it → [`checks`] completes the check runs → [`conclude`] writes it down.
//!
//! What a newcomer gets wrong: a message says *that* something happened, never *what* holds now. Deliveries come twice,
//! late and out of order, so every run reads the newest state and judges that; two messages about one commit find one
//! verification, and the second leaves. A crash at any point is found again by the check run's `external_id`, and what
//! GitHub does wrong never becomes a `failure`.

mod checks;
mod claim;
mod conclude;
mod fan_out;
mod outcome;
mod read;
pub mod replay;
mod run;
mod sarif;
mod target;
mod text;
pub mod view;
mod whole;

pub(crate) use conclude::give_up;
pub(crate) use fan_out::recover_stalled;
pub(crate) use run::verify;
pub(crate) use sarif::{give_up as give_up_sarif, poll as poll_sarif, upload as upload_sarif};
