//! What no emulator does: throttling, unprocessed entries, transaction conflicts, denied access, lost answers.
//!
//! The SDK talks to a script of answers; the tests look at what was asked and what came of it.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use scrutineer_aws::{
    AwsError, Clients, Condition, Envelope, Keys, Message, Queue, QueueName, SealContext, Settings, Store,
    Transaction, Update,
    records::{ScanCounters, Slug, SlugGuard},
};
use scrutineer_core::{
    Clock, Failure, Kind,
    ids::{ConnectionId, CustomerId, MessageId, ScanId},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One scripted answer; `None` breaks the connection.
type Answer = Option<(u16, Value)>;

/// Answers in order, the last one again and again; remembers what was asked.
#[derive(Clone, Debug)]
struct Script(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    answers: VecDeque<Answer>,
    asked: Vec<Value>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(Arc::new(Mutex::new(State { answers: answers.into_iter().collect(), asked: Vec::new() })))
    }

    fn clients(&self) -> Clients {
        Clients::with_http_client(self.clone())
    }

    fn store(&self) -> Store {
        Store::new(&self.clients(), &settings())
    }

    fn queue(&self) -> Queue {
        Queue::new(&self.clients(), &settings())
    }

    fn keys(&self) -> Keys {
        Keys::new(&self.clients(), &settings())
    }

    /// The bodies of the requests.
    fn asked(&self) -> Vec<Value> {
        self.0.lock().unwrap().asked.clone()
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut state = self.0.lock().unwrap();
        state.asked.push(serde_json::from_slice(request.body().bytes().unwrap()).unwrap());
        let answer = if state.answers.len() > 1 {
            state.answers.pop_front().unwrap()
        } else {
            state.answers[0].clone()
        };
        HttpConnectorFuture::ready(match answer {
            Some((status, body)) => {
                Ok(HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body.to_string())))
            }
            None => Err(ConnectorError::io("connection reset".into())),
        })
    }
}

impl HttpClient for Script {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn settings() -> Settings {
    let url = |queue: QueueName| format!("http://localhost/000000000000/{queue}");
    Settings {
        table: "scrutineer".to_owned(),
        queues: QueueName::ALL.into_iter().map(|queue| (queue, url(queue))).collect(),
        key_id: "alias/scrutineer".to_owned(),
    }
}

fn ok(body: Value) -> Answer {
    Some((200, body))
}

fn refusal(kind: &str) -> Answer {
    Some((400, json!({ "__type": kind, "message": "as scripted" })))
}

fn canceled(codes: &[&str]) -> Answer {
    let reasons: Vec<Value> = codes.iter().map(|code| json!({ "Code": code })).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    Some((400, json!({ "__type": kind, "Message": "canceled", "CancellationReasons": reasons })))
}

fn guard(name: &str) -> SlugGuard {
    SlugGuard { slug: Slug::from_name(name).unwrap(), customer: CustomerId::new(&Clock::system()) }
}

fn transaction() -> Transaction {
    let key = ScanCounters::key_of(ScanId::new(&Clock::system()));
    Transaction::new().put_new(&guard("a")).update(&key, Update::new().add("done", 1), Condition::none())
}

fn kind_of(error: AwsError) -> Kind {
    Failure::from(error).kind
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let script = Script::new([refusal("ThrottlingException"), refusal("ThrottlingException"), ok(json!({}))]);
    script.store().put(&guard("a")).await.unwrap();
    assert_eq!(script.asked().len(), 3);
}

#[tokio::test]
async fn lasting_throttling_is_transient() {
    let script =
        Script::new([refusal("com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")]);
    let error = script.store().put(&guard("a")).await.unwrap_err();
    assert!(matches!(error, AwsError::Throttled { source: Some(_), .. }), "{error:?}");
    assert_eq!(kind_of(error), Kind::Transient);
}

#[tokio::test]
async fn a_lost_answer_is_tried_again() {
    let script = Script::new([None, Some((500, json!({}))), ok(json!({}))]);
    script.store().put(&guard("a")).await.unwrap();
    assert_eq!(script.asked().len(), 3);
}

#[tokio::test]
async fn a_lasting_outage_is_transient() {
    for answer in [None, Some((503, json!({}))), refusal("TransactionInProgressException")] {
        let error = Script::new([answer]).store().put(&guard("a")).await.unwrap_err();
        assert!(matches!(error, AwsError::Unavailable { .. }), "{error:?}");
        assert_eq!(kind_of(error), Kind::Transient);
    }
}

#[tokio::test]
async fn a_wrong_request_is_not_repeated() {
    let script = Script::new([refusal("ValidationException")]);
    let error = script.store().put(&guard("a")).await.unwrap_err();
    assert!(matches!(&error, AwsError::Rejected { code, .. } if code == "ValidationException"), "{error:?}");
    assert_eq!(script.asked().len(), 1);
    assert!(matches!(kind_of(error), Kind::Permanent { code: "internal", .. }));
}

#[tokio::test]
async fn unprocessed_writes_are_written_again_alone() {
    let key = |name: &str| json!({ "PK": { "S": name }, "SK": { "S": "SLUG" } });
    let left = json!({ "UnprocessedItems": { "scrutineer": [{ "PutRequest": { "Item": key("SLUG#b") } }] } });
    let script = Script::new([ok(left), ok(json!({}))]);
    script.store().put_all(&[guard("a"), guard("b")]).await.unwrap();
    let asked = script.asked();
    assert_eq!(asked[0]["RequestItems"]["scrutineer"].as_array().unwrap().len(), 2);
    assert_eq!(asked[1]["RequestItems"]["scrutineer"], json!([{ "PutRequest": { "Item": key("SLUG#b") } }]));
}

#[tokio::test]
async fn writes_that_stay_unprocessed_are_an_error() {
    let item = json!({ "PK": { "S": "x" }, "SK": { "S": "y" } });
    let left = json!({ "UnprocessedItems": { "scrutineer": [{ "PutRequest": { "Item": item } }] } });
    let error = Script::new([ok(left)]).store().put_all(&[guard("a")]).await.unwrap_err();
    assert!(matches!(error, AwsError::Throttled { source: None, .. }), "{error:?}");
    assert_eq!(kind_of(error), Kind::Transient);
}

#[tokio::test]
async fn unprocessed_keys_are_read_again() {
    let (a, b) = (guard("a"), guard("b"));
    let item = |guard: &SlugGuard| {
        json!({
            "PK": { "S": format!("SLUG#{}", guard.slug) },
            "SK": { "S": "SLUG" },
            "kind": { "S": "SlugGuard" },
            "slug": { "S": guard.slug.as_str() },
            "customer": { "S": guard.customer.to_string() },
        })
    };
    let key = json!({ "PK": { "S": "SLUG#b" }, "SK": { "S": "SLUG" } });
    let first = json!({
        "Responses": { "scrutineer": [item(&a)] },
        "UnprocessedKeys": { "scrutineer": { "Keys": [key.clone()] } },
    });
    let second = json!({ "Responses": { "scrutineer": [item(&b)] } });
    let script = Script::new([ok(first), ok(second)]);
    let keys = [SlugGuard::key_of(&a.slug), SlugGuard::key_of(&b.slug)];
    assert_eq!(script.store().get_many(&keys).await.unwrap(), [a, b]);
    assert_eq!(script.asked()[1]["RequestItems"]["scrutineer"]["Keys"], json!([key]));
}

#[tokio::test]
async fn a_transaction_that_meets_another_is_tried_again_with_its_token() {
    let in_progress = refusal("com.amazonaws.dynamodb.v20120810#TransactionInProgressException");
    let script = Script::new([canceled(&["None", "TransactionConflict"]), in_progress, ok(json!({}))]);
    script.store().transact(transaction()).await.unwrap();
    let tokens: Vec<Value> = script.asked().iter().map(|body| body["ClientRequestToken"].clone()).collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|token| token.is_string() && *token == tokens[0]), "{tokens:?}");
}

#[tokio::test]
async fn endless_contention_is_transient() {
    let error =
        Script::new([canceled(&["TransactionConflict", "None"])]).store().transact(transaction()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, AwsError::Contended { .. }), "{error:?}");
    assert_eq!(kind_of(error), Kind::Transient);
}

#[tokio::test]
async fn a_failed_condition_beside_a_conflict_is_final() {
    let script = Script::new([canceled(&["TransactionConflict", "ConditionalCheckFailed"])]);
    let conflict = script.store().transact(transaction()).await.unwrap_err().conflict().unwrap();
    assert_eq!(conflict.op, 1);
    assert_eq!(script.asked().len(), 1);
}

#[derive(Serialize, Deserialize)]
struct Job(u32);

impl Message for Job {
    const QUEUE: QueueName = QueueName::Scans;
    const KIND: &'static str = "scripted_job";
}

fn jobs(count: u32) -> Vec<Envelope> {
    (0..count).map(|n| Envelope::new(MessageId::new(&Clock::system()), &Job(n)).unwrap()).collect()
}

fn batch_answer(good: &[&str], bad: &[&str], sender_fault: bool) -> Answer {
    let good: Vec<Value> =
        good.iter().map(|id| json!({ "Id": id, "MessageId": "m", "MD5OfMessageBody": "0" })).collect();
    let bad: Vec<Value> = bad
        .iter()
        .map(|id| json!({ "Id": id, "SenderFault": sender_fault, "Code": "InternalError", "Message": "m" }))
        .collect();
    ok(json!({ "Successful": good, "Failed": bad }))
}

#[tokio::test]
async fn messages_that_were_not_taken_are_sent_again_alone() {
    let script = Script::new([batch_answer(&["0", "2"], &["1"], false), batch_answer(&["0"], &[], false)]);
    let sent = jobs(3);
    let second = sent[1].body();
    script.queue().send(sent).await.unwrap();
    let asked = script.asked();
    let bodies: Vec<&Value> =
        asked[1]["Entries"].as_array().unwrap().iter().map(|e| &e["MessageBody"]).collect();
    assert_eq!(bodies, [&json!(second)]);
}

#[tokio::test]
async fn messages_that_are_never_taken_are_named() {
    let sent = jobs(2);
    let second = sent[1].id();
    let script = Script::new([batch_answer(&["0"], &["1"], false), batch_answer(&[], &["0"], false)]);
    let error = script.queue().send(sent).await.unwrap_err();
    assert!(matches!(&error, AwsError::Unsent(ids) if *ids == [second]), "{error:?}");
    assert_eq!(kind_of(error), Kind::Transient);
}

#[tokio::test]
async fn a_message_that_is_itself_wrong_is_not_repeated() {
    let script = Script::new([batch_answer(&[], &["0"], true)]);
    let error = script.queue().send(jobs(1)).await.unwrap_err();
    assert!(matches!(error, AwsError::Rejected { .. }), "{error:?}");
    assert_eq!(script.asked().len(), 1);
}

fn owner() -> SealContext {
    SealContext {
        customer: CustomerId::new(&Clock::system()),
        connection: ConnectionId::new(&Clock::system()),
    }
}

#[tokio::test]
async fn denied_access_to_the_key_is_permanent_and_says_what_to_do() {
    let script = Script::new([refusal("AccessDeniedException")]);
    let error = script.keys().seal(&SecretString::from("ghp_canary"), owner()).await.unwrap_err();
    assert!(matches!(error, AwsError::Denied { .. }), "{error:?}");
    let failure = Failure::from(error);
    assert!(!format!("{failure:?}").contains("ghp_canary"));
    assert_eq!(failure.code(), Some("aws_access_denied"));
    assert!(failure.public_text().contains("KMS"));
}

#[tokio::test]
async fn a_throttled_key_is_transient() {
    let script = Script::new([refusal("ThrottlingException")]);
    let error = script.keys().seal(&SecretString::from("secret"), owner()).await.unwrap_err();
    assert_eq!(kind_of(error), Kind::Transient);
}

#[tokio::test]
async fn no_error_text_repeats_a_secret() {
    let script = Script::new([ok(json!({ "Plaintext": "//79" }))]);
    let sealed: scrutineer_aws::Sealed = rmp_serde::from_slice(&[0xc4, 1, 7]).unwrap();
    let error = script.keys().open(&sealed, owner()).await.unwrap_err();
    let text = format!("{error:?} {error}");
    assert!(text.contains("UTF-8") && !text.contains("255"), "{text}");
}
