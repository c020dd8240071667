//! The SDK clients, built once per process.
//!
//! Two ways in: [`Clients::from_env`] for AWS, [`Clients::with_http_client`] for one process and tests. Both give the
//! same clients; nothing after this file knows the difference.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpClient;

/// Longest SQS long poll is 20 s; an attempt must outlive it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(25);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Attempts of one call, the first included; the SDK waits with exponential back-off and jitter between them.
const MAX_ATTEMPTS: u32 = 4;

/// One client per service.
#[derive(Clone, Debug)]
pub struct Clients {
    /// For set-up and conformance tests; use cases go through `Store`.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// For set-up and conformance tests; use cases go through `Queue`.
    pub sqs: aws_sdk_sqs::Client,
    /// For set-up and conformance tests; use cases go through `Keys`.
    pub kms: aws_sdk_kms::Client,
}

impl Clients {
    /// Clients for AWS, from the usual environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, role credentials).
    ///
    /// TLS is rustls on aws-lc-rs: the SDK's default features would bring a second stack.
    pub async fn from_env() -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(retries())
            .timeout_config(timeouts())
            .load()
            .await;
        Self::from_config(&config)
    }

    /// Clients that speak to `http` instead of a network, with credentials that open nothing.
    pub fn with_http_client(http: impl HttpClient + 'static) -> Self {
        Self::from_config(&local_config(http, "http://localhost"))
    }

    /// Clients that speak plain HTTP to an AWS-compatible service at `endpoint`.
    pub fn with_endpoint(endpoint: &str) -> Self {
        Self::from_config(&local_config(aws_smithy_http_client::Builder::new().build_http(), endpoint))
    }

    /// Clients from a ready-made configuration.
    pub fn from_config(config: &SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
        }
    }
}

/// Configuration without AWS: dummy credentials and region, no watch over stalled streams.
///
/// No attempt timeout either: whoever waits for a local disk should wait, not write twice.
fn local_config(http: impl HttpClient + 'static, endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .retry_config(retries().with_initial_backoff(Duration::from_millis(20)))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}
