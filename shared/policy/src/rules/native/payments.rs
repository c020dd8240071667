//! Money: payments that are skipped, cards in code, prices from clients, calls that charge twice, unsigned webhooks.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    checks::luhn,
    facts::Code,
    rules::{Hit, Hits},
    text::Text,
    tree::{Id, Part, Shape},
    verdict::{Severity, Tier},
    vocabulary,
};

const SKIPS: &[&[&str]] = &[
    &["skip", "payment"],
    &["bypass", "payment"],
    &["free", "checkout"],
    &["skip", "billing"],
    &["disable", "payment"],
    &["disable", "payments"],
    &["skip", "charge"],
    &["bypass", "checkout"],
    &["skip", "checkout"],
    &["skip", "payment", "check"],
    &["payment", "bypass"],
    &["disable", "billing"],
];
const CHARGES: &[&str] = &[
    "paymentIntents",
    "charges",
    "PaymentIntent",
    "Charge",
    "checkout",
    "sessions",
    "payments",
    "refunds",
    "subscriptions",
    "invoices",
    "transaction",
    "orders",
];

fn bypass_message(pattern: &str) -> String {
    format!("PAYMENT BYPASS: Suspicious pattern \"{pattern}\" may bypass payment")
}

fn is(name: &str, sequence: &[&str]) -> bool {
    let words = vocabulary::words(name);
    words.len() == sequence.len() && words.iter().zip(sequence).all(|(have, want)| have == want)
}

fn is_price(name: &str) -> bool {
    let words = vocabulary::words(name);
    words
        .last()
        .is_some_and(|word| matches!(word.as_str(), "amount" | "price" | "total" | "subtotal" | "cost"))
        || matches!(name, "unit_amount" | "unitAmount" | "amountCents" | "amount_cents" | "UnitAmount")
}

fn pays(code: &Code<'_, '_>) -> bool {
    code.mentions(&[
        "stripe",
        "payment",
        "payments",
        "checkout",
        "braintree",
        "paypal",
        "adyen",
        "charge",
        "charges",
        "paddle",
        "razorpay",
        "billing",
        "mollie",
        "square",
    ])
}

pub(super) fn bypass(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for &(at, name, value) in code.bindings() {
        let yes = m.boolean(value) == Some(true) && SKIPS.iter().any(|sequence| is(name, sequence));
        let test_mode = m.boolean(value) == Some(true) && is(name, &["test", "mode"]) && pays(code);
        let live = m.boolean(value) == Some(false)
            && (is(name, &["live", "mode"]) || is(name, &["livemode"]))
            && pays(code);
        let free = || is_free(code, value) && is_price(name) && (charged(code, at) || given_away(code, at));
        if yes || test_mode || live || free() {
            hits.at(code, at, bypass_message(&format!("{name} = {}", m.text(value))));
        }
    }
}

/// `0`, `total * 0`.
fn is_free(code: &Code<'_, '_>, value: Id) -> bool {
    let m = code.module;
    let product = m.shape(value) == Shape::Binary
        && m.operator(value) == "*"
        && m.values(value).any(|side| m.number(side) == Some(0.0));
    m.number(value) == Some(0.0) || product
}

/// Whether a pair stands in the arguments of a call that charges.
fn charged(code: &Code<'_, '_>, at: Id) -> bool {
    let m = code.module;
    m.ancestors(at).take(8).any(|up| {
        matches!(m.shape(up), Shape::Call | Shape::New)
            && ((CHARGES.contains(&m.receiver_name(up))
                && matches!(
                    m.call_name(up),
                    "create" | "update" | "confirm" | "capture" | "pay" | "Create" | "CreateAsync" | "New"
                ))
                || matches!(
                    m.call_name(up),
                    "charge"
                        | "createCharge"
                        | "processPayment"
                        | "process_payment"
                        | "chargeCard"
                        | "createPayment"
                        | "create_payment"
                        | "pay"
                        | "PaymentIntentParams"
                        | "ChargeParams"
                        | "PaymentIntentCreateOptions"
                        | "ChargeCreateOptions"
                ))
    })
}

/// `if (coupon === 'FREE') amount = 0`: a literal makes it free.
fn given_away(code: &Code<'_, '_>, at: Id) -> bool {
    let m = code.module;
    if m.shape(at) != Shape::Assign {
        return false;
    }
    let branch = m
        .ancestors(at)
        .take(6)
        .take_while(|up| m.shape(*up) != Shape::Function)
        .find(|up| m.shape(*up) == Shape::If);
    let condition =
        branch.and_then(|branch| m.child(branch, Part::Condition).or_else(|| m.values(branch).next()));
    condition.is_some_and(|condition| {
        std::iter::once(condition).chain(m.below(condition)).any(|id| {
            let compares = m.shape(id) == Shape::Binary && matches!(m.operator(id), "==" | "===");
            compares
                && m.values(id).any(|side| m.string(side).is_some_and(|text| text.len() > 2))
                && m.values(id).any(|side| {
                    vocabulary::words(m.leaf(side))
                        .iter()
                        .any(|w| matches!(w.as_str(), "coupon" | "code" | "promo" | "voucher" | "discount"))
                })
        })
    })
}

static CARD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b(?:\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}|\d{4}[ -]\d{6}[ -]\d{5}|\d{13,19})\b")
        .expect("a constant that a test runs")
});
/// Numbers that card networks and processors publish for tests.
const TEST_CARDS: &[&str] = &[
    "4242424242424242",
    "4000000000000002",
    "5555555555554444",
    "4111111111111111",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "4012888888881881",
    "5105105105105100",
    "3056930009020004",
    "30569309025904",
    "38520000023237",
    "3530111333300000",
    "3566002020360505",
    "2223003122003222",
    "5200828282828210",
    "4000056655665556",
    "4000000000009995",
    "4000000000003220",
    "378734493671000",
    "5610591081018250",
    "4222222222222",
    "4000000000000077",
    "4000000000000341",
    "4000002500003155",
    "5454545454545454",
    "4917610000000000",
    "4444333322221111",
    "4000000000000000",
];

pub(super) fn cards(text: &Text<'_>, hits: &mut Hits) {
    let mut offset = 0;
    for line in text.src.split_inclusive('\n') {
        if line.len() <= 4_096 {
            for found in CARD.find_iter(line) {
                if is_card(line, found.start(), found.end()) {
                    let at = |byte: usize| u32::try_from(offset + byte).unwrap_or(u32::MAX);
                    let digits: String = found.as_str().chars().filter(char::is_ascii_digit).collect();
                    let mut hit = Hit::new(
                        at(found.start()),
                        at(found.end()),
                        format!("HARDCODED CARD: Card number detected in code ({}…)", &digits[..4]),
                    );
                    hit.stand_in = Some(scrutineer_secrets::short_hash(digits.as_bytes()));
                    hits.push(hit);
                }
            }
        }
        offset += line.len();
    }
}

fn is_card(line: &str, start: usize, end: usize) -> bool {
    let digits: String = line[start..end].chars().filter(char::is_ascii_digit).collect();
    let network = digits.starts_with('4')
        || ["34", "37", "36", "38", "65", "62"].iter().any(|p| digits.starts_with(p))
        || digits.starts_with("6011")
        || digits.starts_with("35")
        || matches!(digits.as_bytes(), [b'5', b'1'..=b'5', ..] | [b'2', b'2'..=b'7', ..]);
    let one_digit = digits.bytes().skip(4).all(|b| Some(&b) == digits.as_bytes().get(4));
    if !network || !luhn(&digits) || TEST_CARDS.contains(&digits.as_str()) || one_digit {
        return false;
    }
    // Part of a UUID, a decimal, a path, a longer id.
    let before = line[..start].chars().next_back();
    let after = line[end..].chars().next();
    let joined = |c: Option<char>| {
        c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '/' | ':' | '+' | '#'))
    };
    if joined(before) && before != Some(':') || joined(after) && after != Some('.') {
        return false;
    }
    let separated = line[start..end].contains([' ', '-']);
    let words = vocabulary::words(&line[..start]);
    let tail: Vec<&String> = words.iter().rev().take(8).collect();
    let says_card = tail.iter().any(|w| {
        matches!(
            w.as_str(),
            "card"
                | "pan"
                | "cc"
                | "visa"
                | "mastercard"
                | "amex"
                | "credit"
                | "cardnumber"
                | "debit"
                | "ccnum"
        )
    });
    separated || says_card
}

pub(super) fn client_price(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    if !is_frontend(code) {
        return;
    }
    let message = "CLIENT-SIDE PRICE: Price modification detected in client code";
    for call in code.calls() {
        let name = m.call_name(call);
        let words = vocabulary::words(name);
        let sets = m.receiver(call).is_none()
            && words.first().is_some_and(|w| w == "set")
            && words.last().is_some_and(|w| matches!(w.as_str(), "price" | "amount" | "total"));
        let computed = m.args(call).iter().any(|arg| {
            std::iter::once(*arg).chain(m.below(*arg)).any(|id| {
                (m.shape(id) == Shape::Binary && matches!(m.operator(id), "*" | "-" | "+"))
                    || m.leaf(id) == "value"
            })
        });
        if sets && computed && pays(code) {
            hits.at(code, call, message);
        }
        if sends_price(code, call) {
            hits.at(code, call, message);
        }
    }
    for pair in m.all(Shape::Pair) {
        let from_action = m.value(*pair).is_some_and(|value| {
            let text = m.text(value);
            text.starts_with("action.")
        });
        if from_action && matches!(m.key(*pair), "price" | "amount" | "total" | "unitPrice") && pays(code) {
            hits.at(code, *pair, message);
        }
    }
}

fn is_frontend(code: &Code<'_, '_>) -> bool {
    let path = code.path;
    code.mentions(&["document", "window", "reducer", "dispatch"])
        || code
            .module
            .all(Shape::Name)
            .iter()
            .any(|id| matches!(code.module.text(*id), "useState" | "useReducer" | "setState" | "useContext"))
        || code.module.src.starts_with("'use client'")
        || code.module.src.starts_with("\"use client\"")
        || path.ends_with(".vue")
        || path.ends_with(".svelte")
        || code.imports().iter().any(|import| {
            matches!(import.from, "react" | "vue" | "svelte" | "redux" | "@reduxjs/toolkit" | "@angular/core")
        })
}

/// A request to a payment endpoint with a price in its body.
fn sends_price(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    let client = m.call_name(call) == "fetch"
        || (matches!(m.call_name(call), "post" | "put" | "patch") && m.receiver(call).is_some());
    let args = m.args(call);
    let to_payment = args.first().map(|arg| m.string_text(*arg).to_ascii_lowercase()).is_some_and(|url| {
        crate::facts::segments(&url).iter().any(|s| {
            matches!(
                s.as_str(),
                "payment"
                    | "payments"
                    | "checkout"
                    | "charge"
                    | "charges"
                    | "pay"
                    | "create-payment-intent"
                    | "create-checkout-session"
            )
        })
    });
    let priced = || {
        args.iter().skip(1).any(|arg| {
            std::iter::once(*arg).chain(m.below(*arg)).filter(|id| m.is_pair(*id)).any(|id| {
                matches!(
                    m.key(id),
                    "price" | "amount" | "total" | "unitPrice" | "unit_price" | "totalAmount" | "totalPrice"
                )
            })
        })
    };
    client && to_payment && priced()
}

pub(super) fn idempotency(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for call in code.calls().filter(|call| m.shape(*call) == Shape::Call) {
        if !creates_charge(code, call) {
            continue;
        }
        let scope = m.node(call).scope;
        let around = if scope == 0 { 0 } else { scope };
        let keyed = m.below(around).any(|id| {
            let name = match m.shape(id) {
                Shape::Name | Shape::Shorthand | Shape::Str | Shape::Symbol => m.leaf(id),
                _ => return false,
            };
            let words = vocabulary::words(name);
            vocabulary::contains_words(&words, &["idempotency", "key"])
                || vocabulary::contains_words(&words, &["idempotent"])
        });
        if !keyed {
            hits.at(code, call, "MISSING IDEMPOTENCY: Payment API call without idempotency key");
        }
    }
}

fn creates_charge(code: &Code<'_, '_>, call: Id) -> bool {
    use crate::lang::Language::{CSharp, Go};
    let m = code.module;
    let on = m.receiver_name(call);
    let name = m.call_name(call);
    let resource =
        matches!(on, "paymentIntents" | "charges" | "subscriptions" | "refunds" | "transfers" | "payouts");
    let sdk = matches!(on, "PaymentIntent" | "Charge" | "Subscription" | "Refund" | "Transfer" | "Payout");
    match name {
        "create" => resource || (sdk && uses_stripe(code)),
        "pay" => on == "invoices" || (on == "Invoice" && uses_stripe(code)),
        "New" if m.language == Go => {
            matches!(on, "paymentintent" | "charge" | "subscription" | "refund" | "sub")
        }
        "Create" | "CreateAsync" if m.language == CSharp => {
            let built = code.flow().values_of(on, call).iter().any(|value| {
                matches!(
                    m.call_name(m.unwrap(*value)),
                    "PaymentIntentService" | "ChargeService" | "SubscriptionService" | "RefundService"
                )
            });
            built || matches!(on, "PaymentIntentService" | "ChargeService")
        }
        _ => false,
    }
}

fn uses_stripe(code: &Code<'_, '_>) -> bool {
    code.mentions(&["stripe"]) || code.imports().iter().any(|import| import.from.contains("stripe"))
}

const VERIFIES: &[&[&str]] = &[
    &["signature"],
    &["construct", "event"],
    &["hmac"],
    &["verify"],
    &["verified"],
    &["verifies"],
    &["svix"],
    &["timing", "safe", "equal"],
    &["compare", "digest"],
    &["validate", "webhook"],
    &["webhook", "secret"],
    &["signing", "secret"],
    &["unwrap"],
    &["mac"],
    &["sign"],
    &["authorize"],
    &["hub"],
    &["validate", "request"],
    &["check", "token"],
];

/// Names by which a handler reads what was posted.
const PAYLOADS: &[&str] = &[
    "body",
    "Body",
    "json",
    "get_json",
    "payload",
    "event",
    "data",
    "rawBody",
    "request",
    "params",
    "text",
    "getContent",
    "read",
    "c",
    "ctx",
    "getParsedBody",
    "receive",
    "receiveText",
];
/// Words of a path that speak of payments.
const MONEY: &[&str] = &["stripe", "paypal", "payment", "payments", "billing", "paddle", "adyen", "checkout"];

pub(super) fn webhook(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for route in code.routes() {
        let hook = route.segments().iter().any(|s| {
            vocabulary::words(s)
                .iter()
                .any(|w| matches!(w.as_str(), "webhook" | "webhooks" | "hook" | "hooks" | "ipn"))
        });
        if !hook || !route.method.writes() || route.handler.is_none() {
            continue;
        }
        if route.has(code, VERIFIES) || code.mentions(&["signature", "hmac", "svix", "hmacsha256"]) {
            continue;
        }
        let handler = route.handler.unwrap_or(route.node);
        if !m.below(handler).any(|id| PAYLOADS.contains(&m.leaf(id))) {
            continue;
        }
        let named = vocabulary::words(&route.path);
        let placed = vocabulary::words(code.path);
        let money = pays(code) || named.iter().chain(&placed).any(|word| MONEY.contains(&word.as_str()));
        let node = m.node(route.node);
        let hit = Hit::new(
            node.start,
            node.end,
            "WEBHOOK UNSIGNED: Payment webhook missing signature verification",
        );
        hits.push(if money { hit } else { hit.at(Severity::Warning, Tier::SoftBlock) });
    }
}
