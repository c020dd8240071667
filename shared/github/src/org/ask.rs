//! How the calls about an organization are made.

use scrutineer_core::{Fact, Gap, evidence::org::CredentialKind};
use serde::de::DeserializeOwned;

use crate::{
    client::{Call, Client},
    error::Error,
};

/// Who asks about which organization.
pub(super) struct Ask<'a> {
    pub(super) client: &'a Client,
    pub(super) org: &'a str,
    /// The organization's GraphQL node id.
    pub(super) node_id: String,
    pub(super) kind: CredentialKind,
    /// `plan.name`, when it may be seen.
    pub(super) plan: Option<String>,
}

impl Ask<'_> {
    /// One object.
    pub(super) async fn one<T: DeserializeOwned>(&self, template: &'static str) -> Result<Fact<T>, Error> {
        let call = Call::get(template, &[self.org]).cached();
        self.client.fact(template, self.client.json(&call)).await
    }

    /// All pages of an array.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        template: &'static str,
    ) -> Result<Fact<Vec<T>>, Error> {
        self.list_where(template, "per_page=100").await
    }

    /// All pages of an array, with a query of its own.
    pub(super) async fn list_where<T: DeserializeOwned>(
        &self,
        template: &'static str,
        query: &str,
    ) -> Result<Fact<Vec<T>>, Error> {
        let call = Call::get(template, &[self.org]).query(query).cached();
        self.client.fact(template, self.client.pages(&call)).await
    }

    /// All pages of an array under a key.
    pub(super) async fn list_in<T: DeserializeOwned>(
        &self,
        template: &'static str,
        key: &str,
    ) -> Result<Fact<Vec<T>>, Error> {
        let call = Call::get(template, &[self.org]).query("per_page=100").cached();
        self.client.fact(template, self.client.pages_in(&call, key)).await
    }

    /// Whether a feature of Enterprise Cloud can be there: the plan says so, or cannot be seen.
    pub(super) fn may_be_enterprise(&self) -> bool {
        self.plan.as_deref().is_none_or(|plan| plan.starts_with("enterprise") || plan == "business_plus")
    }
}

/// Evidence that this organization or credential can never give.
pub(super) fn unsupported<T>(why: &str) -> Fact<T> {
    Fact::Unknown(Gap::unsupported(why))
}
