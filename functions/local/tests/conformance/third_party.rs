//! The same suites against third-party implementations, when `tests/setup.sh` installed them.
//!
//! They keep `LocalAws` honest: a check that only our own emulation passes would be a check of our imagination. Each
//! runs as a process of its own on a free loopback port and ends with the test.

use std::{
    collections::HashMap,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use scrutineer_aws::{
    Clients, QueueName, Settings,
    store::attributes::{GSI1, GSI1PK, GSI1SK, PK, SK},
};
use scrutineer_local::local_aws::TABLE;

use crate::{
    dynamodb, dynamodb_limits, dynamodb_lists, kms, sqs, sqs_time, store,
    suite::{Deviation, Report, Target, wait},
};

/// An implementation that may be installed.
struct Implementation {
    name: &'static str,
    /// Its executable, from the workspace's root.
    program: &'static str,
    /// Its arguments and environment for a port.
    launch: fn(&mut Command, u16),
    deviations: &'static [Deviation],
}

const MINISTACK: Implementation = Implementation {
    name: "MiniStack 1.5.33",
    program: ".venv-ministack/bin/ministack",
    launch: |command, port| {
        command
            // It listens on all addresses, and on two more ports, unless told otherwise.
            .envs([("BIND_HOST", "127.0.0.1"), ("IOT_MTLS_ENABLED", "0"), ("SFTP_ENABLED", "0")])
            .envs([("SERVICES", "dynamodb,sqs,kms"), ("LOG_LEVEL", "ERROR")])
            .env("GATEWAY_PORT", port.to_string());
    },
    deviations: &[
        Deviation::always("dynamodb::thirty_eight_digits_are_kept", "keeps 28 digits"),
        Deviation::always("dynamodb::thirty_nine_digits_are_refused", "rounds instead"),
        Deviation::always("kms::changed_bytes_are_refused", "its ciphertext carries no authentication tag"),
        Deviation::always("kms::four_kilobytes_are_the_limit", "does not check the length"),
        Deviation::always("sqs::a_delay_beyond_900_seconds_is_refused", "does not check the range"),
        Deviation::always(
            "sqs::an_old_handle_deletes_nothing",
            "refuses an old handle; AWS accepts and may ignore it",
        ),
        Deviation::always("sqs::deleting_twice_is_harmless", "refuses the handle of a deleted message"),
        Deviation::always("sqs::an_unknown_attribute_is_refused", "does not check names"),
        Deviation::always(
            "sqs::changing_a_visible_message_is_refused",
            "does not look whether it is in flight",
        ),
    ],
};

const MOTO: Implementation = Implementation {
    name: "moto 5.2.1",
    program: ".venv-moto/bin/moto_server",
    launch: |command, port| {
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    },
    deviations: &[
        Deviation::always("dynamodb::a_repeated_token_applies_once", "ignores ClientRequestToken"),
        Deviation::always("dynamodb::a_token_with_another_content_is_refused", "ignores ClientRequestToken"),
        Deviation::always("store::a_repeated_transaction_token_applies_once", "ignores ClientRequestToken"),
        Deviation::always(
            "dynamodb::an_item_holds_400_kilobytes_and_no_more",
            "counts the type names of its JSON too",
        ),
        Deviation::always("dynamodb::decimals_add_exactly", "does not normalize: 0.0"),
        Deviation::always("dynamodb::thirty_nine_digits_are_refused", "rounds instead"),
        Deviation::always("dynamodb::twenty_six_writes_are_refused", "does not count"),
        Deviation::sometimes(
            "dynamodb::one_key_twice_in_a_batch_is_refused",
            "compares JSON texts, whose fields have no order",
        ),
        Deviation::always("kms::a_shifted_context_is_refused", "joins names and values without lengths"),
        Deviation::always("sqs::a_bad_entry_fails_alone", "accepts control characters"),
        Deviation::always("sqs::control_characters_are_refused", "accepts control characters"),
        Deviation::always("sqs::an_empty_body_is_refused", "accepts an empty body"),
        Deviation::always("sqs::an_old_handle_deletes_nothing", "deletes by any handle; AWS may do so too"),
        Deviation::always("sqs::an_unknown_attribute_is_refused", "does not check names"),
        Deviation::always(
            "sqs::changing_a_visible_message_is_refused",
            "does not look whether it is in flight",
        ),
    ],
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ministack_agrees() {
    agrees(&MINISTACK).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moto_agrees() {
    agrees(&MOTO).await;
}

async fn agrees(implementation: &Implementation) {
    let Some(server) = Server::start(implementation).await else {
        println!("{} is not installed (tests/setup.sh installs it)", implementation.name);
        return;
    };
    let target = server.target().await;
    let mut report = Report::default();
    dynamodb::run(&target, &mut report).await;
    dynamodb_limits::run(&target, &mut report).await;
    dynamodb_lists::run(&target, &mut report).await;
    sqs::run(&target, &mut report).await;
    sqs_time::run(&target, &mut report).await;
    kms::run(&target, &mut report).await;
    store::run(&target, &mut report).await;
    report.expect_only(implementation.deviations);
}

/// A running implementation; ends with its value.
struct Server {
    child: Child,
    endpoint: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    async fn start(implementation: &Implementation) -> Option<Self> {
        let program = workspace().join(implementation.program);
        if !program.exists() {
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        (implementation.launch)(&mut command, port);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { child, endpoint: format!("http://127.0.0.1:{port}") };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "{} does not start", implementation.name);
            wait(Duration::from_millis(100)).await;
        }
        Some(server)
    }

    /// Its clients, and the product's table, queues and key in it.
    async fn target(&self) -> Target {
        let clients = Clients::with_endpoint(&self.endpoint);
        create_table(&clients).await;
        let mut queues = std::collections::BTreeMap::new();
        for queue in QueueName::ALL {
            let created = clients.sqs.create_queue().queue_name(queue.as_str()).send().await.unwrap();
            queues.insert(queue, created.queue_url.unwrap());
        }
        let key = clients.kms.create_key().send().await.unwrap().key_metadata.unwrap();
        let settings = Settings { table: TABLE.to_owned(), queues, key_id: key.key_id };
        Target { clients, settings }
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

async fn create_table(clients: &Clients) {
    let types: HashMap<_, _> = [PK, SK, GSI1PK, GSI1SK].map(|name| (name, ScalarAttributeType::S)).into();
    let definitions = types.into_iter().map(|(name, kind)| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    });
    let part =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let index = GlobalSecondaryIndex::builder()
        .index_name(GSI1)
        .key_schema(part(GSI1PK, KeyType::Hash))
        .key_schema(part(GSI1SK, KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    clients
        .dynamodb
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(definitions.collect()))
        .key_schema(part(PK, KeyType::Hash))
        .key_schema(part(SK, KeyType::Range))
        .global_secondary_indexes(index.build().unwrap())
        .send()
        .await
        .unwrap();
}
