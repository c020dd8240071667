//! A provider against the simulator.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::Engine;
use scrutineer_core::{
    Fact,
    evidence::{
        RepoListing,
        snapshot::{Entry, SnapshotSink, SnapshotTarget},
    },
    ids::Login,
};
use scrutineer_github::{BaseUrl, Credential, GitHub, Settings};
use scrutineer_simulator::Simulator;

/// A provider with a token of the simulator.
pub fn with_token(simulator: &Simulator, token: &str) -> GitHub {
    provider(simulator, Credential::Token(token.to_owned().into()))
}

/// A provider with a credential.
pub fn provider(simulator: &Simulator, credential: Credential) -> GitHub {
    let base_url = BaseUrl::for_operator(&simulator.base_url()).unwrap();
    GitHub::new(Settings::new(credential, base_url))
}

/// A login.
pub fn login(text: &str) -> Login {
    text.parse().unwrap()
}

/// A sink that remembers names and bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen(pub Vec<(String, Option<Vec<u8>>)>);

impl SnapshotSink for Seen {
    fn entry(&mut self, entry: Entry<'_>) {
        self.0.push((entry.path.to_owned(), entry.content.map(<[u8]>::to_vec)));
    }
}

/// The snapshot a posture points to.
pub fn target(
    listing: &RepoListing,
    posture: &Fact<scrutineer_core::evidence::RepoPosture>,
) -> SnapshotTarget {
    let branch = posture.known().unwrap().default_branch.clone().expect("the repository has a branch");
    SnapshotTarget { repo: listing.name.clone(), head: branch.head.known().unwrap().clone() }
}

/// A fresh RSA key, PEM.
pub fn private_key() -> String {
    key_pair().0
}

/// A fresh RSA key: the private one in PEM, the public one in DER.
pub fn key_pair() -> (String, Vec<u8>) {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    (pem, key.public_key().as_ref().to_vec())
}

/// A plain GET with a token, as JSON.
pub async fn get(url: &str, token: &str) -> serde_json::Value {
    use http_body_util::BodyExt as _;
    let client: hyper_util::client::legacy::Client<_, http_body_util::Empty<bytes::Bytes>> =
        hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    let request = http::Request::get(url).header("authorization", format!("Bearer {token}"));
    let answer = client.request(request.body(http_body_util::Empty::new()).unwrap()).await.unwrap();
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}
