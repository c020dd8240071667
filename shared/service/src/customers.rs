//! Customers: the tenants that own connections and scans.

use scrutineer_aws::{
    AwsError, Condition, Cursor, Transaction,
    records::{Connection, Customer, Slug, SlugGuard},
};
use scrutineer_core::{Failure, ids::CustomerId};

use crate::{App, page::Page, text};

/// Longest name, in characters.
pub const MAX_NAME_CHARS: usize = 100;

/// Creates a customer; its short name is made from `name` and is unique.
///
/// # Errors
/// Permanent `invalid_name` or `name_taken`.
pub async fn create(app: &App, name: &str) -> Result<Customer, Failure> {
    let (name, slug) = checked(name)?;
    let now = app.clock.now();
    let id = CustomerId::new(&app.clock);
    let customer = Customer { id, slug: slug.clone(), name, created_at: now, updated_at: now, version: 1 };
    let guard = SlugGuard { slug: slug.clone(), customer: id };
    let transaction = Transaction::new().put_new(&guard).put_new(&customer);
    app.store.transact(transaction).await.map_err(|error| taken(error, &slug))?;
    Ok(customer)
}

/// The customer with `id`.
///
/// # Errors
/// Permanent `not_found`.
pub async fn get(app: &App, id: CustomerId) -> Result<Customer, Failure> {
    app.store.get(&Customer::key_of(id)).await?.ok_or_else(|| text::not_found("customer", id))
}

/// Customers by name.
///
/// # Errors
/// Permanent `invalid_cursor`.
pub async fn list(app: &App, limit: usize, cursor: Option<Cursor>) -> Result<Page<Customer>, Failure> {
    Ok(app.store.query(&Customer::all(), limit, cursor.as_ref()).await?.into())
}

/// Renames a customer; its short name follows. With `expected`, only when that is its version.
///
/// # Errors
/// Permanent `not_found`, `invalid_name`, `name_taken`, `version_mismatch`, or `conflict` when it was changed at the
/// same moment.
pub async fn rename(
    app: &App,
    id: CustomerId,
    name: &str,
    expected: Option<u64>,
) -> Result<Customer, Failure> {
    let (name, slug) = checked(name)?;
    let before = get(app, id).await?;
    let version = before.version;
    if expected.is_some_and(|expected| expected != version) {
        return Err(text::version_mismatch(version));
    }
    let old_slug = before.slug.clone();
    let after =
        Customer { name, slug: slug.clone(), updated_at: app.clock.now(), version: version + 1, ..before };
    let mut transaction = Transaction::new();
    if old_slug != slug {
        transaction = transaction
            .put_new(&SlugGuard { slug: slug.clone(), customer: id })
            .delete(&SlugGuard::key_of(&old_slug), Condition::none());
    }
    let transaction = transaction.put(&after, Condition::is("version", version));
    app.store.transact(transaction).await.map_err(|error| taken(error, &slug))?;
    Ok(after)
}

/// Deletes a customer that has no connection left. Its scans stay readable by id until they expire.
///
/// # Errors
/// Permanent `not_found` or `customer_in_use`.
pub async fn delete(app: &App, id: CustomerId) -> Result<(), Failure> {
    let customer = get(app, id).await?;
    let connections = app.store.query(&Connection::of_customer(id), 1, None).await?;
    if !connections.records.is_empty() {
        return Err(Failure::permanent("customer_in_use", "delete the customer's connections first"));
    }
    let transaction = Transaction::new()
        .delete(&Customer::key_of(customer.id), Condition::none())
        .delete(&SlugGuard::key_of(&customer.slug), Condition::none());
    Ok(app.store.transact(transaction).await?)
}

fn checked(name: &str) -> Result<(String, Slug), Failure> {
    let name = name.trim();
    let invalid = |why: &str| text::invalid_field("invalid_name", "/name", why);
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(invalid(&format!("a name has at most {MAX_NAME_CHARS} characters")));
    }
    if name.chars().any(char::is_control) {
        return Err(invalid("a name has no control characters"));
    }
    let slug = Slug::from_name(name).ok_or_else(|| invalid("a name has at least one letter or digit"))?;
    Ok((name.to_owned(), slug))
}

fn taken(error: AwsError, slug: &Slug) -> Failure {
    match error.conflict() {
        Ok(conflict) if matches!(conflict.existing::<SlugGuard>(), Ok(Some(_))) => {
            text::name_taken(slug.as_str())
        }
        Ok(_) => text::changed_meanwhile(),
        Err(error) => error.into(),
    }
}
