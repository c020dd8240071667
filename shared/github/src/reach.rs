//! Which addresses a request may reach.
//!
//! A customer names the API address of an Enterprise Server, so that address must not lead into our own network.
//! A check before the request is not enough: the name may resolve differently a moment later (DNS rebinding), so the
//! connector itself refuses, after resolving and for every connection.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    vec,
};

use http::Uri;
use hyper_util::client::legacy::connect::{
    HttpConnector,
    dns::{GaiResolver, Name},
};
use tower::Service;

/// Which hosts may be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Any address: the operator of this process named it.
    Any,
    /// Public addresses, and whatever the allow-listed hosts resolve to.
    Public {
        /// Lower-case host names the operator allows.
        allowed: Arc<[String]>,
    },
}

impl Reach {
    /// Whether `host` may be reached at `address`.
    pub(crate) fn permits(&self, host: &str, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Public { allowed } => {
                is_public(address) || allowed.iter().any(|name| name.eq_ignore_ascii_case(host))
            }
        }
    }

    /// Whether a host written as an address may be reached; names are decided after they are resolved.
    pub(crate) fn permits_literal(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.parse().is_ok_and(|address| self.permits(bare, address)) || bare.parse::<IpAddr>().is_err()
    }
}

/// Whether an address is routed on the public internet.
///
/// Source: the IANA special-purpose address registries.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let [[x, y], [z, w]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(x, y, z, w))
    };
    match (a, b) {
        // NAT64: the IPv4 address stands in the last 32 bits.
        (0x64, 0xff9b) => [c, d, e, f] == [0; 4] && embedded(g, h),
        // 6to4: in the second and third group.
        (0x2002, _) => embedded(b, c),
        // IETF protocol assignments (Teredo among them) and documentation.
        (0x2001, 0..0x200 | 0xdb8) | (0x3fff, _) => false,
        _ => (0x2000..0x4000).contains(&a),
    }
}

/// Resolves names and keeps what may be reached; fails when anything may not.
#[derive(Clone, Debug)]
pub(crate) struct GuardedResolver {
    inner: GaiResolver,
    reach: Reach,
}

impl GuardedResolver {
    pub(crate) fn new(reach: Reach) -> Self {
        Self { inner: GaiResolver::new(), reach }
    }
}

type Boxed<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

fn refused(host: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, format!("{host} has an address that is not public"))
}

impl Service<Name> for GuardedResolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Boxed<Self::Response, Self::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (reach, host) = (self.reach.clone(), name.as_str().to_owned());
        let lookup = self.inner.call(name);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = lookup.await?.collect();
            if addresses.iter().all(|address| reach.permits(&host, address.ip())) {
                Ok(addresses.into_iter())
            } else {
                Err(refused(&host))
            }
        })
    }
}

/// A TCP connector that also refuses hosts written as a private address: those never pass the resolver.
#[derive(Clone, Debug)]
pub(crate) struct GuardedConnector {
    inner: HttpConnector<GuardedResolver>,
    reach: Reach,
}

impl GuardedConnector {
    pub(crate) fn new(inner: HttpConnector<GuardedResolver>, reach: Reach) -> Self {
        Self { inner, reach }
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Service<Uri> for GuardedConnector {
    type Response = <HttpConnector<GuardedResolver> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Boxed<Self::Response, BoxError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let host = uri.host().unwrap_or_default().to_owned();
        if !self.reach.permits_literal(&host) {
            return Box::pin(async move { Err(refused(&host).into()) });
        }
        let connecting = self.inner.call(uri);
        Box::pin(async move { connecting.await.map_err(Into::into) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for public in
            ["140.82.121.6", "1.1.1.1", "2606:50c0:8000::153", "::ffff:140.82.121.6", "64:ff9b::8c52:7906"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "203.0.113.9",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "ff02::1",
            "fec0::1",
            "::127.0.0.1",
        ];
        for private in private {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn an_allow_listed_host_may_be_private() {
        let reach = Reach::Public { allowed: Arc::from(["ghe.corp.example".to_owned()]) };
        assert!(reach.permits("GHE.corp.example", "10.0.0.1".parse().unwrap()));
        assert!(!reach.permits("other.example", "10.0.0.1".parse().unwrap()));
        assert!(!reach.permits_literal("[::1]"));
        assert!(reach.permits_literal("api.github.com"));
    }

    #[tokio::test]
    async fn the_resolver_refuses_a_name_that_leads_inside() {
        let mut resolver = GuardedResolver::new(Reach::Public { allowed: Arc::from([]) });
        let refused = resolver.call("localhost".parse().unwrap()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }
}
