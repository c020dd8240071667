//! The API address: github.com, a data-residency tenant or an Enterprise Server.
//!
//! What a newcomer gets wrong: an address a *customer* names is hostile until proven public, one the *operator* of
//! this process names is not. Hence two constructors and no `FromStr`.

use std::{net::IpAddr, sync::Arc};

use thiserror::Error;
use url::{Host, Url};

use crate::reach::Reach;

/// Where the API answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    rest: Url,
    graphql: Url,
    reach: Reach,
}

/// Why an address cannot be used. The display text may be shown to the user who named it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BaseUrlError {
    /// Not a URL, or not one with a host.
    #[error("the address is not a URL with a host, such as https://github.example.com/api/v3")]
    NotAUrl,
    /// Another scheme than https.
    #[error("the address must begin with https://")]
    NotHttps,
    /// It carries a user name, password, query or fragment.
    #[error("the address must consist of scheme, host and path only: no user, password, query or fragment")]
    Extras,
    /// The web address instead of the API's.
    #[error("github.com is the web address; the API answers at https://api.github.com")]
    WebAddress,
    /// The host leads to an address that is not public.
    #[error("{host} is not a public address; ask the operator to allow this host")]
    Private {
        /// The host as written.
        host: String,
    },
    /// The name does not resolve.
    #[error("the host {host} cannot be resolved")]
    Unresolvable {
        /// The host as written.
        host: String,
    },
}

impl BaseUrl {
    /// `https://api.github.com`.
    pub fn github_com() -> Self {
        let rest = Url::parse("https://api.github.com").expect("a literal URL is valid");
        Self::assemble(rest, Reach::Any)
    }

    /// An address that a customer names, resolved and checked: https only, no user information, and every address
    /// of the host public unless the operator allows the host. It is checked again at every connection.
    ///
    /// # Errors
    /// Each variant of [`BaseUrlError`]; the text is meant for the customer.
    pub async fn for_customer(text: &str, allowed_hosts: &[String]) -> Result<Self, BaseUrlError> {
        let base = Self::for_known_customer(text, allowed_hosts)?;
        let host = base.host().to_owned();
        let port = base.rest.port_or_known_default().unwrap_or(443);
        if let Some(Host::Domain(name)) = base.rest.host() {
            let addresses = tokio::net::lookup_host((name, port))
                .await
                .map_err(|_| BaseUrlError::Unresolvable { host: host.clone() })?;
            for address in addresses {
                base.must_permit(address.ip())?;
            }
        }
        Ok(base)
    }

    /// As [`BaseUrl::for_customer`] for an address that was checked when it was stored: parsed, not resolved again.
    /// The connector still refuses whatever it resolves to when that is not public.
    ///
    /// # Errors
    /// As [`BaseUrl::for_customer`], without [`BaseUrlError::Unresolvable`].
    pub fn for_known_customer(text: &str, allowed_hosts: &[String]) -> Result<Self, BaseUrlError> {
        let url = parse(text)?;
        if url.scheme() != "https" {
            return Err(BaseUrlError::NotHttps);
        }
        let allowed: Arc<[String]> = allowed_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        let base = Self::assemble(url, Reach::Public { allowed });
        match base.rest.host() {
            Some(Host::Ipv4(v4)) => base.must_permit(IpAddr::V4(v4))?,
            Some(Host::Ipv6(v6)) => base.must_permit(IpAddr::V6(v6))?,
            Some(Host::Domain(_)) | None => {}
        }
        Ok(base)
    }

    /// An address that the operator of this process names: http and private addresses are its own business.
    ///
    /// # Errors
    /// [`BaseUrlError::NotAUrl`], [`BaseUrlError::Extras`], [`BaseUrlError::WebAddress`].
    pub fn for_operator(text: &str) -> Result<Self, BaseUrlError> {
        Ok(Self::assemble(parse(text)?, Reach::Any))
    }

    /// The address without a trailing slash, as it is stored and shown.
    pub fn as_str(&self) -> &str {
        self.rest.as_str().trim_end_matches('/')
    }

    /// The host name.
    pub fn host(&self) -> &str {
        self.rest.host_str().unwrap_or_default()
    }

    pub(crate) fn graphql(&self) -> &str {
        self.graphql.as_str()
    }

    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Whether `other` has the API's scheme, host and port: only then may it see the token.
    pub(crate) fn is_origin_of(&self, other: &Url) -> bool {
        self.rest.origin() == other.origin()
    }

    fn assemble(rest: Url, reach: Reach) -> Self {
        let path = rest.path().trim_end_matches('/');
        let graphql_path = match path.strip_suffix("/api/v3") {
            Some(before) => format!("{before}/api/graphql"),
            None => format!("{path}/graphql"),
        };
        let mut graphql = rest.clone();
        graphql.set_path(&graphql_path);
        Self { rest, graphql, reach }
    }

    fn must_permit(&self, address: IpAddr) -> Result<(), BaseUrlError> {
        let host = self.host();
        if self.reach.permits(host, address) {
            Ok(())
        } else {
            Err(BaseUrlError::Private { host: host.to_owned() })
        }
    }
}

fn parse(text: &str) -> Result<Url, BaseUrlError> {
    let url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BaseUrlError::NotHttps);
    }
    let has_extras = !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some();
    match url.host_str() {
        None | Some("") => Err(BaseUrlError::NotAUrl),
        Some(_) if has_extras => Err(BaseUrlError::Extras),
        Some("github.com" | "www.github.com") => Err(BaseUrlError::WebAddress),
        Some(_) => Ok(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphql_stands_beside_the_rest_api() {
        for (rest, graphql) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://ghe.example.com/api/v3/", "https://ghe.example.com/api/graphql"),
            ("https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql"),
        ] {
            assert_eq!(BaseUrl::for_operator(rest).unwrap().graphql(), graphql);
        }
    }

    #[tokio::test]
    async fn a_customer_cannot_name_an_inner_address() {
        let private = |host: &str| BaseUrlError::Private { host: host.to_owned() };
        for (text, error) in [
            ("https://127.0.0.1/api/v3", private("127.0.0.1")),
            ("https://0x7f.1/api/v3", private("127.0.0.1")),
            ("https://[::1]/api/v3", private("[::1]")),
            ("https://169.254.169.254/", private("169.254.169.254")),
            ("https://localhost/api/v3", private("localhost")),
            ("http://api.github.com", BaseUrlError::NotHttps),
            ("file:///etc/passwd", BaseUrlError::NotHttps),
            ("https://user:pw@ghe.example.com", BaseUrlError::Extras),
            ("https://ghe.example.com/?a=b", BaseUrlError::Extras),
            ("https://github.com", BaseUrlError::WebAddress),
            ("ghe.example.com", BaseUrlError::NotAUrl),
        ] {
            assert_eq!(BaseUrl::for_customer(text, &[]).await.unwrap_err(), error, "{text}");
        }
    }

    #[tokio::test]
    async fn an_allow_listed_host_may_be_an_inner_address() {
        let allowed = ["localhost".to_owned()];
        assert!(BaseUrl::for_customer("https://localhost:8443/api/v3", &allowed).await.is_ok());
    }

    #[test]
    fn only_the_exact_origin_sees_the_token() {
        let base = BaseUrl::github_com();
        assert!(base.is_origin_of(&"https://api.github.com/organizations/1/repos?page=2".parse().unwrap()));
        for foreign in
            ["http://api.github.com/x", "https://codeload.github.com/x", "https://api.github.com:8443/x"]
        {
            assert!(!base.is_origin_of(&foreign.parse().unwrap()), "{foreign}");
        }
    }
}
