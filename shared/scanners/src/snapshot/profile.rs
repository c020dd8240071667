//! What kind of repository this is; several may hold at once.

/// The profile of a repository, with what showed each of its kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// At least 50 lines in a programming language outside non-product paths.
    pub code: bool,
    /// A deployable server, as far as the files say; deployments are the caller's to add.
    pub service: bool,
    /// A service that speaks HTTP.
    pub http: bool,
    /// Keeps data.
    pub data: bool,
    /// Infrastructure as code without application code, or more than half of its files.
    pub infra: bool,
    /// A publishable package that is not a service.
    pub library: bool,
    /// An end-user client: mobile, desktop or browser extension.
    pub app: bool,
    /// Publishes or deploys something, as far as the files say; releases are the caller's to add.
    pub ships: bool,
    /// None of the others.
    pub docs: bool,
    /// Lines of code outside non-product paths.
    pub code_lines: u64,
    /// `(kind, path)`: what showed it.
    pub because: Vec<(&'static str, String)>,
}
