//! Sentences that a user of the API or the command line reads. Nothing here carries a secret or a source error.

use std::fmt::Display;

use scrutineer_core::Failure;

/// Separates the JSON path from the reason in the public text of a field failure.
const AT: &str = " at ";

/// A request field that does not hold: 422, with the JSON path.
pub fn invalid_field(code: &'static str, path: &str, why: &str) -> Failure {
    Failure::permanent(code, format!("{why}{AT}{path}"))
}

/// The JSON path and the reason of a text made by [`invalid_field`].
pub fn field_of(public: &str) -> Option<(&str, &str)> {
    let (why, path) = public.rsplit_once(AT)?;
    path.starts_with('/').then_some((path, why))
}

/// Nothing by that name, or nothing the caller may see: 404 either way.
pub fn not_found(what: &'static str, id: impl Display) -> Failure {
    Failure::permanent("not_found", format!("there is no {what} {id}"))
}

/// Another scan of the connection is still running: 409.
pub fn scan_active(id: impl Display) -> Failure {
    Failure::permanent(
        "scan_active",
        format!("scan {id} of this connection is still active; wait for it or cancel it"),
    )
}

/// The name is taken: 409.
pub fn name_taken(name: &str) -> Failure {
    Failure::permanent("name_taken", format!("a customer with the short name `{name}` exists already"))
}

/// The scan ended while work for it was under way.
pub fn scan_over(status: impl Display) -> String {
    format!("the scan is {status}")
}
