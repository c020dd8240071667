//! KMS: sealing under a context.

use std::collections::HashMap;

use aws_sdk_kms::{
    Client,
    error::ProvideErrorMetadata as _,
    operation::{decrypt::DecryptOutput, encrypt::EncryptOutput},
    primitives::Blob,
    types::DataKeySpec,
};

use crate::{
    checks,
    suite::{Report, Target, refused},
};

struct Key {
    client: Client,
    id: String,
}

type Answer<T, E> = Result<T, aws_sdk_kms::error::SdkError<E>>;

impl Key {
    fn of(target: &Target) -> Self {
        Self { client: target.clients.kms.clone(), id: target.settings.key_id.clone() }
    }

    async fn encrypt(
        &self,
        plaintext: &[u8],
        context: &[(&str, &str)],
    ) -> Answer<EncryptOutput, aws_sdk_kms::operation::encrypt::EncryptError> {
        let call = self.client.encrypt().key_id(&self.id).plaintext(Blob::new(plaintext));
        call.set_encryption_context(to_map(context)).send().await
    }

    async fn seal(&self, plaintext: &[u8], context: &[(&str, &str)]) -> Blob {
        self.encrypt(plaintext, context).await.unwrap().ciphertext_blob.unwrap()
    }

    async fn open(
        &self,
        blob: &Blob,
        context: &[(&str, &str)],
    ) -> Answer<DecryptOutput, aws_sdk_kms::operation::decrypt::DecryptError> {
        let call = self.client.decrypt().key_id(&self.id).ciphertext_blob(blob.clone());
        call.set_encryption_context(to_map(context)).send().await
    }
}

fn to_map(context: &[(&str, &str)]) -> Option<HashMap<String, String>> {
    let map: HashMap<_, _> = context.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    (!map.is_empty()).then_some(map)
}

const CONTEXT: &[(&str, &str)] = &[("customer", "c1"), ("connection", "k1")];

pub(crate) async fn run(target: &Target, report: &mut Report) {
    checks!(
        "kms",
        target,
        report,
        [
            what_is_sealed_opens_in_its_context,
            the_order_of_the_context_does_not_matter,
            another_context_is_refused,
            a_missing_context_is_refused,
            a_shifted_context_is_refused,
            changed_bytes_are_refused,
            garbage_is_refused,
            sealing_twice_gives_two_texts,
            four_kilobytes_are_the_limit,
            an_unknown_key_is_named_as_such,
            a_data_key_opens_in_its_context_only,
            the_key_is_described,
        ]
    );
}

async fn what_is_sealed_opens_in_its_context(target: Target) {
    let key = Key::of(&target);
    let blob = key.seal(b"secret", CONTEXT).await;
    assert_eq!(key.open(&blob, CONTEXT).await.unwrap().plaintext.unwrap().into_inner(), b"secret");
}

async fn the_order_of_the_context_does_not_matter(target: Target) {
    let key = Key::of(&target);
    let blob = key.seal(b"secret", CONTEXT).await;
    assert!(key.open(&blob, &[("connection", "k1"), ("customer", "c1")]).await.is_ok());
}

async fn another_context_is_refused(target: Target) {
    let key = Key::of(&target);
    let blob = key.seal(b"secret", CONTEXT).await;
    let answer = key.open(&blob, &[("customer", "c2"), ("connection", "k1")]).await;
    assert!(refused(answer).into_service_error().is_invalid_ciphertext_exception());
}

async fn a_missing_context_is_refused(target: Target) {
    let key = Key::of(&target);
    let blob = key.seal(b"secret", CONTEXT).await;
    assert!(refused(key.open(&blob, &[]).await).into_service_error().is_invalid_ciphertext_exception());
}

async fn a_shifted_context_is_refused(target: Target) {
    let key = Key::of(&target);
    let blob = key.seal(b"secret", &[("ab", "c")]).await;
    assert!(
        refused(key.open(&blob, &[("a", "bc")]).await).into_service_error().is_invalid_ciphertext_exception()
    );
}

async fn changed_bytes_are_refused(target: Target) {
    let key = Key::of(&target);
    let mut bytes = key.seal(b"secret", CONTEXT).await.into_inner();
    *bytes.last_mut().unwrap() ^= 1;
    let answer = key.open(&Blob::new(bytes), CONTEXT).await;
    assert!(refused(answer).into_service_error().is_invalid_ciphertext_exception());
}

async fn garbage_is_refused(target: Target) {
    let key = Key::of(&target);
    let answer = key.open(&Blob::new(vec![7; 60]), CONTEXT).await;
    assert!(refused(answer).into_service_error().is_invalid_ciphertext_exception());
}

async fn sealing_twice_gives_two_texts(target: Target) {
    let key = Key::of(&target);
    assert_ne!(key.seal(b"secret", CONTEXT).await, key.seal(b"secret", CONTEXT).await);
}

async fn four_kilobytes_are_the_limit(target: Target) {
    let key = Key::of(&target);
    key.encrypt(&[1; 4096], CONTEXT).await.unwrap();
    let error = refused(key.encrypt(&[1; 4097], CONTEXT).await).into_service_error();
    assert_eq!(error.code(), Some("ValidationException"));
}

async fn an_unknown_key_is_named_as_such(target: Target) {
    let key = Key { client: target.clients.kms.clone(), id: "alias/no-such-key".to_owned() };
    assert!(refused(key.encrypt(b"secret", CONTEXT).await).into_service_error().is_not_found_exception());
}

async fn a_data_key_opens_in_its_context_only(target: Target) {
    let key = Key::of(&target);
    let call = key.client.generate_data_key().key_id(&key.id).key_spec(DataKeySpec::Aes256);
    let made = call.set_encryption_context(to_map(CONTEXT)).send().await.unwrap();
    let (plaintext, blob) = (made.plaintext.unwrap(), made.ciphertext_blob.unwrap());
    assert_eq!(plaintext.as_ref().len(), 32);
    assert_eq!(key.open(&blob, CONTEXT).await.unwrap().plaintext.unwrap(), plaintext);
    assert!(
        refused(key.open(&blob, &[("customer", "c2")]).await)
            .into_service_error()
            .is_invalid_ciphertext_exception()
    );
}

async fn the_key_is_described(target: Target) {
    let key = Key::of(&target);
    let metadata = key.client.describe_key().key_id(&key.id).send().await.unwrap().key_metadata.unwrap();
    assert!(metadata.enabled && metadata.arn.is_some_and(|arn| arn.ends_with(&metadata.key_id)));
}
